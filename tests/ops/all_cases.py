"""Every op in every configuration that the matrix runs."""

from __future__ import annotations

import cases_activation
import cases_arithmetic
import cases_conv
import cases_linear
import cases_loss
import cases_norm
import cases_pool
import cases_reduction
import cases_resize
import cases_shape

CASES = [
    *cases_conv.CASES,
    *cases_pool.CASES,
    *cases_resize.CASES,
    *cases_shape.CASES,
    *cases_norm.CASES,
    *cases_activation.CASES,
    *cases_loss.CASES,
    *cases_linear.CASES,
    *cases_arithmetic.CASES,
    *cases_reduction.CASES,
]
