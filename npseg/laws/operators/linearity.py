"""Operators that are linear in their image, in their weight, or in both."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.law import law
from npseg.laws.operators.definitions import unlike

CONVOLUTIONS = ("conv2d", "conv_transpose2d")
LINEAR = (*CONVOLUTIONS, "resize", "avg_pool2d")


@st.composite
def with_another_image(draw, measure):
    """Arguments of an operator, and an image of the same shape."""
    case = draw(strategies.arguments_of(measure))
    return {**case, "other": draw(strategies.images(shape=case["x"].shape))}


@law(
    107,
    "operator-linear-in-the-image",
    family="operator",
    of=LINEAR,
    statement="Without a bias, a combination of images becomes the same combination of their results.",
    symbols="A(2 x - 3 y) = 2 A x - 3 A y",
    source="Every result is a sum of pixels, each times a number that the image does not change.",
    draw=lambda measure: with_another_image(measure),
)
def operator_linear_in_the_image(score, tolerance, x, other, **settings):
    combined = score(2 * x - 3 * other, **settings)
    apart = 2 * np.asarray(score(x, **settings), float) - 3 * np.asarray(score(other, **settings), float)
    return unlike(combined, apart, tolerance)


@st.composite
def with_another_weight(draw, measure):
    """Arguments of a convolution, and a weight of the same shape."""
    case = draw(strategies.arguments_of(measure))
    return {**case, "other": draw(strategies.images(shape=case["weight"].shape))}


@law(
    108,
    "convolution-linear-in-the-weight",
    family="operator",
    of=CONVOLUTIONS,
    statement="A combination of weights gives the same combination of results.",
    symbols="A(2 V - 3 W) x = 2 A(V) x - 3 A(W) x",
    source="As law 107: every summand is a pixel times an entry of the weight.",
    draw=lambda measure: with_another_weight(measure),
)
def convolution_linear_in_the_weight(score, tolerance, x, weight, other, **settings):
    combined = score(x, 2 * weight - 3 * other, **settings)
    apart = 2 * np.asarray(score(x, weight, **settings), float) - 3 * np.asarray(score(x, other, **settings), float)
    return unlike(combined, apart, tolerance)


@law(
    109,
    "bias-adds-once",
    family="operator",
    of=CONVOLUTIONS,
    statement="A bias is added to its feature at every pixel, once.",
    symbols="A(W, b) x = A(W) x + b",
    source="The definition.",
    draw=lambda measure: strategies.arguments_of(measure, bias=True),
)
def bias_adds_once(score, tolerance, x, weight, bias, **settings):
    without = np.asarray(score(x, weight, **settings), float)
    return unlike(score(x, weight, bias, **settings), without + bias, tolerance)
