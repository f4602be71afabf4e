"""What any operator on images does with what it is given."""

from __future__ import annotations

import numpy as np

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law
from npseg.laws.operators.adjoints import with_bias
from npseg.laws.operators.definitions import unlike


@law(
    123,
    "operator-images-are-independent",
    family="operator",
    of=strategies.OPERATORS,
    statement="What becomes of an image does not depend on those beside it in the batch.",
    symbols="A(x_1 .. x_N) = (A x_1 .. A x_N)",
    source="No definition (laws 100 to 106) joins two images.",
    draw=lambda measure: with_bias(measure),
)
def operator_images_are_independent(score, tolerance, x, **settings):
    batch = np.concatenate([x, 100 - x])
    alone = [np.asarray(score(np.ascontiguousarray(one[None]), **settings), float) for one in batch]
    return unlike(score(batch, **settings), np.concatenate(alone), tolerance)


@law(
    124,
    "operator-leaves-its-inputs-alone",
    family="operator",
    of=strategies.OPERATORS,
    statement="Arguments are not written to, and may lie in memory in any way.",
    symbols="x is the same before and after; A(view of x) = A x",
    source="A function of values.",
    draw=lambda measure: with_bias(measure),
)
def operator_leaves_its_inputs_alone(score, tolerance, x, **settings):
    kept = {"x": x.copy(), **{k: v.copy() if isinstance(v, np.ndarray) else v for k, v in settings.items()}}
    plain = np.array(score(**kept), float)  # a copy: a view of the input would change with it
    for name, value in {"x": x, **settings}.items():
        if isinstance(value, np.ndarray) and differ(kept[name], value, 0):
            return f"the operator has written to {name}"
    strided = dict(kept)
    for name, value in kept.items():
        if isinstance(value, np.ndarray):
            loose = np.full((*value.shape[:-1], 2 * value.shape[-1] + 1), 7.0)
            loose[..., 1::2] = value
            strided[name] = loose[..., 1::2]
    if broken := unlike(score(**strided), plain, tolerance):
        return f"of strided arrays: {broken}"


@law(
    129,
    "operator-keeps-the-type",
    family="operator",
    of=strategies.OPERATORS,
    statement="float32 gives float32, unless every result is float64; and nearly what float64 gives.",
    symbols="type(A x) = type(x)",
    source="A constant of float64 in between doubles the memory of everything after it; bfloat16 in between is "
    "wrong from the third digit on.",
    draw=lambda measure: with_bias(measure),
)
def operator_keeps_the_type(score, tolerance, x, conventions, **settings):
    small = {k: v.astype(np.float32) if isinstance(v, np.ndarray) else v for k, v in settings.items()}
    result = np.asarray(score(x.astype(np.float32), **small))
    expected = "float64" if conventions.get("result-type") == "float64" else "float32"
    if result.dtype != expected:
        return f"float32 becomes {result.dtype}"
    return unlike(result, np.asarray(score(x, **settings), float), max(tolerance, 1e-3))
