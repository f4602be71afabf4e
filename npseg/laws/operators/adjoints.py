"""Derivatives of operators: adjoints of linear ones, slopes of all."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.operators.linearity import LINEAR
from npseg.laws.slopes import off_slope, patternless


@law(
    117,
    "transposed-convolution-is-the-adjoint",
    family="operator",
    needs=("conv2d", "conv_transpose2d"),
    statement="With the same weight, the transposed convolution is the adjoint of the convolution.",
    symbols="<A x, y> = <x, A' y>",
    source="Both walk over the same triples of pixel, result and kernel entry (laws 100 and 101).",
    draw=lambda: strategies.convolutions(exact=True),
)
def transposed_convolution_is_the_adjoint(conv2d, conv_transpose2d, tolerance, x, weight, **settings):
    forward = np.asarray(conv2d(x, weight, **settings), float)
    y = patternless(forward.shape)
    back = np.asarray(conv_transpose2d(y, weight, **settings), float)
    if back.shape != x.shape:
        return f"an image of shape {x.shape} comes back with shape {back.shape}"
    left, right = float(np.vdot(forward, y)), float(np.vdot(x, back))
    if differ(left, right, tolerance * 10):
        return f"<A x, y> is {left}, <x, A' y> is {right}"


def gradients(vjp, dy, x, settings):
    """The gradients that a vjp gives of the arguments that there are, with their names."""
    given = vjp(dy, x, **settings)
    given = given if isinstance(given, tuple) else (given,)
    named = zip(("x", "weight", "bias"), given)
    return [(name, slope) for name, slope in named if slope is not None and (name == "x" or name in settings)]


@law(
    118,
    "vjp-is-the-adjoint",
    family="operator",
    of=LINEAR,
    statement="The vector-Jacobian product of a linear operator is its adjoint, in the image and in the weight.",
    symbols="<A(W) x, y> = <x, A(W)' y> = <W, dW>",
    source="The derivative of a linear map is the map; its transpose is defined by this equation.",
    draw=lambda measure: strategies.arguments_of(measure),
)
def vjp_is_the_adjoint(score, vjp, tolerance, x, **settings):
    forward = np.asarray(score(x, **settings), float)
    y = patternless(forward.shape)
    slopes = gradients(vjp, y, x, settings)
    if not slopes:
        return "it gives no gradient, of the image or of the weight"
    for name, slope in slopes:
        value = x if name == "x" else settings[name]
        if np.shape(slope) != value.shape:
            return f"the gradient of {name} has shape {np.shape(slope)}, {name} has {value.shape}"
        left, right = float(np.vdot(forward, y)), float(np.vdot(value, slope))
        if differ(left, right, tolerance * 10):
            return f"<A x, y> is {left}, <{name}, gradient of {name}> is {right}"


def with_bias(measure):
    """Arguments of an operator, with a bias if it takes one."""
    limits = {"bias": None} if measure in ("conv2d", "conv_transpose2d") else {}
    return strategies.arguments_of(measure, **limits)


@law(
    119,
    "vjp-is-the-slope",
    family="operator",
    of=strategies.OPERATORS,
    statement="The vector-Jacobian product is the slope of <y, A x> in every argument; at a kink, as at tied pixels of "
    "a maximum, it lies between the slopes to both sides.",
    symbols="<dx, v> = lim <y, A(x + h v) - A(x - h v)> / 2h",
    source="The definition of the gradient.",
    draw=lambda measure: with_bias(measure),
)
def vjp_is_the_slope(score, vjp, tolerance, x, **settings):
    y = abs(patternless(np.shape(score(x, **settings))))  # of one sign, lest ties of a maximum make kinks both ways
    slopes = gradients(vjp, y, x, settings)
    if not slopes:
        return "it gives no gradient, of the image or of any other argument"
    for name, slope in slopes:
        if np.shape(slope) != np.shape(x if name == "x" else settings[name]):
            return f"the gradient of {name} has shape {np.shape(slope)}"

        def at(value, name=name):
            moved = {"x": x, **settings, name: value}
            return np.vdot(y, np.asarray(score(**moved), float))

        if broken := off_slope(at, x if name == "x" else settings[name], np.asarray(slope, float), tolerance):
            return f"of {name}: {broken}"
