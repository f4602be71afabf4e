"""Products of many rows, block below block."""

from __future__ import annotations

from npseg.kernels._jit import jit
from npseg.kernels._vector import HALF, ROWS, TALL, multiply, multiply_narrow

__all__ = ["multiply_rows"]


@jit
def multiply_rows(columns, count, c, c_at, c_row, a, a_at, a_row, a_col, b, b_at, b_row, depth, add):
    """The sums of `multiply` for `count` rows of c and a, in WIDTH or HALF columns; its arguments.

    Whole blocks are read and written: `count` rounded up to ROWS, or to TALL with HALF columns.
    """
    if columns == HALF:
        for m in range(0, count, TALL):
            left, out = a_at + m * a_row, c_at + m * c_row
            multiply_narrow(c, out, c_row, a, left, a_row, a_col, b, b_at, b_row, 1, 0, depth, add)
    else:
        for m in range(0, count, ROWS):
            left, out = a_at + m * a_row, c_at + m * c_row
            multiply(c, out, c_row, a, left, a_row, a_col, b, b_at, b_row, 1, 0, depth, add)
