"""Building blocks in which the processor's vectors are spelled out, because LLVM does not find them by itself.

`multiply` is the heart of every matrix product here: a block of ROWS x WIDTH sums that stay in registers while their
terms stream by; `multiply_narrow` is the same for TALL x HALF sums, where columns are few. `tile_map` applies a small
linear map to both axes of a tile, for many channels at once. `tap_sums` and `tap_gradients` are a depthwise convolution
along a row, with the taps, or their gradients, in registers. Arrays are given flat, with the place of their first entry
and the distances between entries, so that one block serves every layout. Nothing is checked: the caller sees to it that
all places exist.

Each has a twin in plain NumPy, which says what it computes and runs when the compiler is off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.lib.stride_tricks import as_strided

__all__ = [
    "HALF", "LANES", "ROWS", "TALL", "WIDTH", "copy_lanes", "multiply", "multiply_narrow", "tap_gradients", "tap_sums",
    "tile_map",
]  # fmt: skip

_PLAIN: bool = numba.config.DISABLE_JIT  # type: ignore[attr-defined]


def _compiles_for(feature: str) -> bool:
    """Whether Numba compiles for processors with that feature: this one, or what NUMBA_CPU_FEATURES says."""
    told = numba.config.CPU_FEATURES  # type: ignore[attr-defined]
    if told is not None:
        return f"+{feature}" in told.split(",")
    return llvmlite.binding.get_host_cpu_features().get(feature, False)


# Sums that one block holds, in registers. Two vectors of float32 a row: 12 x 2 of them leave room for the operands in
# the 32 registers of AVX-512, 6 x 2 in the 16 of AVX2. The more rows, the fewer loads for each multiply-add.
LANES, SUMS = (16, 24) if _compiles_for("avx512f") else (8, 12)
ROWS, WIDTH = (12, 64) if _PLAIN else (SUMS // 2, 2 * LANES)  # without the compiler, fewer and larger blocks
# With half the columns, one vector a row: it loads more for each, so it is for what does not fill WIDTH.
TALL, HALF = 12, WIDTH // 2  # TALL is a multiple of ROWS


def _multiply_plain(rows: int, width: int) -> Callable[..., None]:
    def multiply(
        c: np.ndarray, c_at: int, c_row: int,
        a: np.ndarray, a_at: int, a_row: int, a_col: int,
        b: np.ndarray, b_at: int, b_row: int,
        pieces: int, a_piece: int, depth: int, add: bool,
    ) -> None:  # fmt: skip
        """c[m, n] = sum over k of a[m, k] b[k, n] for m < rows, n < width; added to what is there with `add`.

        Rows of a come in `pieces` of `depth` numbers. Entry (m, n) of c is c[c_at + m * c_row + n], that of a, piece i,
        is a[a_at + m * a_row + i * a_piece + k * a_col], and that of b is b[b_at + (i * depth + k) * b_row + n].
        Rows of c are written in their order.
        """
        left = _view(a, a_at, (rows, pieces, depth), (a_row, a_piece, a_col)).reshape(rows, pieces * depth)
        right = _view(b, b_at, (pieces * depth, width), (b_row, 1))
        with np.errstate(all="ignore"):  # rows and columns that only fill up a block may hold anything
            sums = left @ right
            if add:
                sums += _view(c, c_at, (rows, width), (c_row, 1))
        for m, row in enumerate(sums):  # one by one: they may overlap
            c[c_at + m * c_row : c_at + m * c_row + width] = row

    return multiply


def _multiply_compiled(rows: int, width: int) -> Any:
    @intrinsic
    def multiply(typing, c, c_at, c_row, a, a_at, a_row, a_col, b, b_at, b_row, pieces, a_piece, depth, add):
        i = types.intp
        signature = types.void(c, i, i, a, i, i, i, b, i, i, i, i, i, types.boolean)

        def generate(context, builder, signature, arguments):
            c, c_at, c_row, a, a_at, a_row, a_col, b, b_at, b_row, pieces, a_piece, depth, add = arguments
            kind = signature.args[0].dtype
            vector = _Vectors(context, builder, kind, width)
            out, left, right = (
                vector.start(array, at, place)
                for array, at, place in zip((c, a, b), (c_at, a_at, b_at), (signature.args[n] for n in (0, 3, 7)))
            )
            together = max(1, SUMS * 4 * LANES // (width * vector.bytes))  # rows whose sums fit the registers
            for first in range(0, rows, together):
                numbers = [vector.index(m) for m in range(first, min(first + together, rows))]
                sums = [cgutils.alloca_once(builder, vector.type) for _ in numbers]  # they become registers
                lines = [vector.ahead(out, builder.mul(c_row, m)) for m in numbers]
                with builder.if_else(add) as (then, otherwise):
                    with then:
                        for line, total in zip(lines, sums):
                            builder.store(vector.load(line), total)
                    with otherwise:
                        for total in sums:
                            builder.store(vector.constant(0.0), total)
                heads = [vector.ahead(left, builder.mul(a_row, m)) for m in numbers]
                with cgutils.for_range(builder, pieces) as piece:
                    begin = builder.mul(piece.index, a_piece)
                    there = vector.ahead(right, builder.mul(piece.index, builder.mul(depth, b_row)))
                    with cgutils.for_range(builder, depth) as loop:
                        terms = vector.load(vector.ahead(there, builder.mul(loop.index, b_row)))
                        column = builder.add(begin, builder.mul(loop.index, a_col))
                        for head, total in zip(heads, sums):
                            factor = vector.spread(builder.load(vector.ahead(head, column)))
                            builder.store(vector.fused(factor, terms, builder.load(total)), total)
                for line, total in zip(lines, sums):
                    vector.store(builder.load(total), line)
            return context.get_dummy_value()

        return signature, generate

    return multiply


def tile_map(line: Callable[..., Sequence[Any]], size: int, *, finishing: bool = False) -> Any:
    """A function that applies `line` to both axes of a tile of `size` x `size` pixels, channel by channel.

    `line` takes `size` values and returns others by +, - and multiplication with numbers: it is a linear map, written
    once for NumPy and for the processor's vectors. The function made of it,

        apply(y, y_at, y_row, y_col, x, x_at, x_row, x_col, channels)

    computes Y = L X L' for every channel, of which there must be LANES at least: entry (i, j) of channel c is
    x[x_at + i * x_row + j * x_col + c]. With `finishing` it takes four more arguments: a table (4, K), the column of it
    that belongs to channel 0, moments, flat (3, K), and this K, or 0. It writes min(max(Y * scale + shift, low), high)
    for the rows of the table (a NaN stays NaN), or Y where it has no columns; then, unless the last argument is 0, rows
    1 and 2 of the moments gain the sums of Y - pivot and of its square, the pivot being row 0. The channels must then
    be whole vectors.
    """
    make = _tile_map_plain if _PLAIN else _tile_map_compiled
    return make(line, size, finishing)


def _tile_map_plain(line, size, finishing):
    length = len(line(*[0.0] * size))

    def apply(y, y_at, y_row, y_col, x, x_at, x_row, x_col, channels, table=None, first=0, moments=None, apart=0):
        tile = _view(x, x_at, (size, size, channels), (x_row, x_col, 1))
        columns = np.stack(line(*tile), axis=0)
        values = np.stack(line(*columns.transpose(1, 0, 2)), axis=1)
        if finishing and table.shape[1]:
            scale, shift, low, high = table[:, first : first + channels]
            values = np.clip(values * scale + shift, low, high)
        elif finishing and apart:
            pivot, total, square = moments.reshape(3, apart)[:, first : first + channels]
            total += (values - pivot).sum(axis=(0, 1))
            square += ((values - pivot) ** 2).sum(axis=(0, 1))
        _view(y, y_at, (length, length, channels), (y_row, y_col, 1))[...] = values

    return apply


def _tile_map_compiled(line, size, finishing):
    def generate(context, builder, signature, arguments):
        y, y_at, y_row, y_col, x, x_at, x_row, x_col, channels, *rest = arguments
        kind = signature.args[0].dtype
        if finishing:
            table = context.make_array(signature.args[9])(context, builder, rest[0])
            width = cgutils.unpack_tuple(builder, table.shape, 2)[1]
            moments = context.make_array(signature.args[11])(context, builder, rest[2])
            apart = rest[3]

        def sweep(finish, gather=False):
            """The map for LANES channels at a time; the last ones overlap those before them."""
            vector = _Vectors(context, builder, kind, LANES)
            source, target = (
                vector.start(array, at, signature.args[n]) for array, at, n in ((x, x_at, 4), (y, y_at, 0))
            )

            start, step, last = vector.index(0), vector.index(LANES), builder.sub(channels, vector.index(LANES))
            with cgutils.for_range_slice(builder, start, channels, step, intp=vector.place) as (c, _):
                c = builder.select(builder.icmp_signed("<", c, last), c, last)
                if finish:
                    column = vector.ahead(table.data, builder.add(rest[1], c))
                    rows = [vector.load(vector.ahead(column, builder.mul(width, vector.index(k)))) for k in range(4)]
                if gather:
                    column = vector.ahead(moments.data, builder.add(rest[1], c))
                    homes = [vector.ahead(column, builder.mul(apart, vector.index(k))) for k in range(3)]
                    pivot, total, square = (vector.load(home) for home in homes)

                def at(start, row, col, i, j, c=c):
                    place = builder.add(builder.mul(row, vector.index(i)), builder.mul(col, vector.index(j)))
                    return vector.ahead(vector.ahead(start, place), c)

                # Column by column and row by row, in the order in which the values are needed: few stay in registers.
                columns = [
                    vector.settled(
                        line(*[_Lanes(vector, vector.load(at(source, x_row, x_col, i, j))) for i in range(size)])
                    )
                    for j in range(size)
                ]
                for i, row in enumerate(zip(*columns)):
                    for j, value in enumerate(vector.settled(line(*row))):
                        result = vector.finished(value, *rows) if finish else value
                        vector.store(result.value, at(target, y_row, y_col, i, j))
                        if gather:
                            difference = builder.fsub(result.value, pivot)
                            total = builder.fadd(total, difference)
                            square = vector.fused(difference, difference, square)
                if gather:
                    vector.store(total, homes[1])
                    vector.store(square, homes[2])

        if finishing:
            nothing = ir.Constant(width.type, 0)
            with builder.if_else(builder.icmp_signed("!=", width, nothing)) as (finished, as_it_is):
                with finished:
                    sweep(True)
                with as_it_is, builder.if_else(builder.icmp_signed("!=", apart, nothing)) as (gathered, alone):
                    with gathered:
                        sweep(False, gather=True)
                    with alone:
                        sweep(False)
        else:
            sweep(False)
        return context.get_dummy_value()

    i = types.intp
    if finishing:

        @intrinsic
        def apply(typing, y, y_at, y_row, y_col, x, x_at, x_row, x_col, channels, table, first, moments, apart):
            return types.void(y, i, i, i, x, i, i, i, i, table, i, moments, i), generate
    else:

        @intrinsic
        def apply(typing, y, y_at, y_row, y_col, x, x_at, x_row, x_col, channels):
            return types.void(y, i, i, i, x, i, i, i, i), generate

    return apply


def _tap_sums_plain(y, y_at, x, x_at, x_row, x_col, step, taps, channels, pixels):
    """y[p, c] = sum over i, j < 3 of x[i, j, p, c] taps[i, j, c] for `pixels` p and `channels` c, a multiple of LANES.

    Entry (p, c) of y is y[y_at + p * channels + c], that of x is x[x_at + i * x_row + j * x_col + p * step + c], and
    that of taps, flat, is taps[(3 * i + j) * channels + c].
    """
    source = _view(x, x_at, (3, 3, pixels, channels), (x_row, x_col, step, 1))
    weight = taps.reshape(3, 3, 1, channels)
    _view(y, y_at, (pixels, channels), (channels, 1))[...] = (source * weight).sum(axis=(0, 1))


@intrinsic
def _tap_sums_compiled(typing, y, y_at, x, x_at, x_row, x_col, step, taps, channels, pixels):
    i = types.intp

    def generate(context, builder, signature, arguments):
        y, y_at, x, x_at, x_row, x_col, step, taps, channels, pixels = arguments
        vector = _Vectors(context, builder, signature.args[0].dtype, LANES)
        target, source, weight = (
            vector.start(array, at, signature.args[n])
            for array, at, n in ((y, y_at, 0), (x, x_at, 2), (taps, vector.index(0), 7))
        )
        places = vector.nine(x_row, x_col)
        for_vectors = cgutils.for_range_slice(builder, vector.index(0), channels, vector.index(LANES), vector.place)
        with for_vectors as (c, _):
            factors = [
                vector.load(vector.ahead(vector.ahead(weight, builder.mul(channels, vector.index(n))), c))
                for n in range(9)
            ]
            with cgutils.for_range(builder, pixels) as loop:
                pixel = vector.ahead(vector.ahead(source, builder.mul(loop.index, step)), c)
                # Three chains, one a row, so that no sum waits for nine others.
                chains = []
                for row in range(3):
                    total = builder.fmul(vector.load(vector.ahead(pixel, places[3 * row])), factors[3 * row])
                    for n in (3 * row + 1, 3 * row + 2):
                        total = vector.fused(vector.load(vector.ahead(pixel, places[n])), factors[n], total)
                    chains.append(total)
                total = builder.fadd(builder.fadd(chains[0], chains[1]), chains[2])
                vector.store(total, vector.ahead(vector.ahead(target, builder.mul(loop.index, channels)), c))
        return context.get_dummy_value()

    return types.void(y, i, x, i, i, i, i, taps, i, i), generate


def _tap_gradients_plain(sums, x, x_at, x_row, x_col, step, dy, dy_at, channels, pixels):
    """sums[i, j, c] += sum over p of x[i, j, p, c] dy[p, c]: the gradient of `tap_sums` in the taps; as there."""
    source = _view(x, x_at, (3, 3, pixels, channels), (x_row, x_col, step, 1))
    gradient = _view(dy, dy_at, (pixels, channels), (channels, 1))
    sums.reshape(3, 3, channels)[...] += (source * gradient).sum(axis=2)


@intrinsic
def _tap_gradients_compiled(typing, sums, x, x_at, x_row, x_col, step, dy, dy_at, channels, pixels):
    i = types.intp

    def generate(context, builder, signature, arguments):
        sums, x, x_at, x_row, x_col, step, dy, dy_at, channels, pixels = arguments
        vector = _Vectors(context, builder, signature.args[0].dtype, LANES)
        target, source, gradient = (
            vector.start(array, at, signature.args[n])
            for array, at, n in ((sums, vector.index(0), 0), (x, x_at, 1), (dy, dy_at, 6))
        )
        places = vector.nine(x_row, x_col)
        totals = [cgutils.alloca_once(builder, vector.type) for _ in range(9)]  # they become registers
        for_vectors = cgutils.for_range_slice(builder, vector.index(0), channels, vector.index(LANES), vector.place)
        with for_vectors as (c, _):
            homes = [vector.ahead(vector.ahead(target, builder.mul(channels, vector.index(n))), c) for n in range(9)]
            for home, total in zip(homes, totals):
                builder.store(vector.load(home), total)
            with cgutils.for_range(builder, pixels) as loop:
                pixel = vector.ahead(vector.ahead(source, builder.mul(loop.index, step)), c)
                slope = vector.load(vector.ahead(vector.ahead(gradient, builder.mul(loop.index, channels)), c))
                for place, total in zip(places, totals):
                    builder.store(
                        vector.fused(vector.load(vector.ahead(pixel, place)), slope, builder.load(total)), total
                    )
            for home, total in zip(homes, totals):
                vector.store(builder.load(total), home)
        return context.get_dummy_value()

    return types.void(sums, x, i, i, i, i, dy, i, i, i), generate


def _copy_lanes_plain(y, y_at, x, x_at):
    """y[y_at + c] = x[x_at + c] for c < LANES."""
    y[y_at : y_at + LANES] = x[x_at : x_at + LANES]


@intrinsic
def _copy_lanes_compiled(typing, y, y_at, x, x_at):
    def generate(context, builder, signature, arguments):
        y, y_at, x, x_at = arguments
        vector = _Vectors(context, builder, signature.args[0].dtype, LANES)
        vector.store(vector.load(vector.start(x, x_at, signature.args[2])), vector.start(y, y_at, signature.args[0]))
        return context.get_dummy_value()

    return types.void(y, types.intp, x, types.intp), generate


class _Vectors:
    """Instructions on vectors of one type and length."""

    def __init__(self, context: Any, builder: Any, kind: Any, lanes: int):
        self.context, self.builder, self.lanes = context, builder, lanes
        self.element = context.get_data_type(kind)
        self.type = ir.VectorType(self.element, lanes)
        self.place = context.get_value_type(types.intp)
        self.bytes = self.element.get_abi_size(context.target_data)
        name = f"llvm.fmuladd.v{lanes}f{8 * self.bytes}"
        self._fused = cgutils.get_or_insert_function(builder.module, ir.FunctionType(self.type, [self.type] * 3), name)

    def start(self, array: Any, at: Any, kind: Any) -> Any:
        """Address of entry `at` of a flat array."""
        return self.ahead(self.context.make_array(kind)(self.context, self.builder, array).data, at)

    def nine(self, row: Any, col: Any) -> list[Any]:
        """Distances of the taps of a 3 x 3 kernel from its first."""
        at = self.builder
        return [at.add(at.mul(row, self.index(i)), at.mul(col, self.index(j))) for i in range(3) for j in range(3)]

    def index(self, number: int) -> Any:
        return ir.Constant(self.place, number)

    def constant(self, number: float) -> Any:
        return ir.Constant(self.type, [number] * self.lanes)

    def ahead(self, address: Any, distance: Any) -> Any:
        return self.builder.gep(address, [distance])

    def load(self, address: Any) -> Any:
        value = self.builder.load(self.builder.bitcast(address, self.type.as_pointer()))
        value.align = self.bytes  # any entry may be the first
        return value

    def store(self, value: Any, address: Any) -> None:
        self.builder.store(value, self.builder.bitcast(address, self.type.as_pointer())).align = self.bytes

    def spread(self, number: Any) -> Any:
        """One number in every lane."""
        nothing = ir.Constant(self.type, ir.Undefined)
        first = self.builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, nothing, lanes)

    def fused(self, a: Any, b: Any, c: Any) -> Any:
        """a * b + c, in one instruction where the processor has it."""
        return self.builder.call(self._fused, [a, b, c])

    def settled(self, values: Any) -> list[_Lanes]:
        return [_Lanes(self, value.value) for value in values]

    def finished(self, value: _Lanes, scale: Any, shift: Any, low: Any, high: Any) -> _Lanes:
        """min(max(value * scale + shift, low), high); comparisons with NaN are false, so it passes."""
        y = self.fused(value.value, scale, shift)
        y = self.builder.select(self.builder.fcmp_ordered("<", y, low), low, y)
        return _Lanes(self, self.builder.select(self.builder.fcmp_ordered(">", y, high), high, y))


class _Lanes:
    """A vector that is written like a number: `2 * a + b` becomes instructions."""

    def __init__(self, vector: _Vectors, value: Any):
        self.vector, self.value = vector, value

    def __add__(self, other: Any) -> _Lanes:
        if isinstance(other, _Product):
            return other + self
        return _Lanes(self.vector, self.vector.builder.fadd(self.value, other.value))

    def __sub__(self, other: Any) -> _Lanes:
        if isinstance(other, _Product):
            return _Product(self.vector, other.source, -other.factor) + self
        return _Lanes(self.vector, self.vector.builder.fsub(self.value, other.value))

    def __rmul__(self, factor: float) -> _Product:
        return _Product(self.vector, self.value, factor)


class _Product:
    """A number times a vector, which waits for the sum that it is a term of."""

    def __init__(self, vector: _Vectors, value: Any, factor: float):
        self.vector, self.source, self.factor = vector, value, factor

    def __add__(self, other: Any) -> _Lanes:
        constant = self.vector.constant(self.factor)
        return _Lanes(self.vector, self.vector.fused(constant, self.source, other.value))

    def __sub__(self, other: Any) -> _Lanes:
        constant = self.vector.constant(self.factor)
        return _Lanes(self.vector, self.vector.fused(constant, self.source, self.vector.builder.fneg(other.value)))

    @property
    def value(self) -> Any:
        return self.vector.builder.fmul(self.vector.constant(self.factor), self.source)


def _view(flat: np.ndarray, at: int, shape: tuple[int, ...], distances: tuple[int, ...]) -> np.ndarray:
    return as_strided(flat[at:], shape, [flat.itemsize * d for d in distances])


_multiply = _multiply_plain if _PLAIN else _multiply_compiled
multiply, multiply_narrow = _multiply(ROWS, WIDTH), _multiply(TALL, HALF)
copy_lanes = _copy_lanes_plain if _PLAIN else _copy_lanes_compiled
tap_sums = _tap_sums_plain if _PLAIN else _tap_sums_compiled
tap_gradients = _tap_gradients_plain if _PLAIN else _tap_gradients_compiled
