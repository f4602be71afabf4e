"""Cross-entropy: weights, ignored pixels, smoothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import OpCase, normal

from npseg.reference import cross_entropy as reference


def _torch(torch: Any, inputs: tuple, options: dict) -> Any:
    logits, weight = inputs[0], options.get("weight")
    return torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]),
        torch.from_numpy(options["labels"].reshape(-1).astype(np.int64)),
        weight=None if weight is None else torch.from_numpy(np.asarray(weight)).to(logits.dtype),
        ignore_index=-100 if options.get("ignore_index", 255) is None else options.get("ignore_index", 255),
        label_smoothing=options.get("label_smoothing", 0.0),
    )


def _case(
    label: str,
    shape: tuple,
    ignored: float = 0.0,
    dtype: Any = np.int64,
    all_ignored: bool = False,
    **options: Any,
) -> OpCase:
    rng = np.random.default_rng(11)
    labels = rng.integers(0, shape[-1], shape[:-1]).astype(dtype)
    value = options.get("ignore_index", 255)
    if ignored or all_ignored:
        labels[rng.random(shape[:-1]) < (1.0 if all_ignored else ignored)] = value
    return OpCase(
        op="cross_entropy",
        label=label,
        draw=lambda rng: (2 * normal(rng, *shape),),
        reference=reference.cross_entropy,
        options={"labels": labels, **options},
        gradients=lambda inputs, dy, o: (dy * reference.cross_entropy_gradient(inputs[0], **o),),
        torch=None if all_ignored else _torch,
    )


WEIGHT = np.array([0.5, 2.0, 1.0, 0.25])

CASES = [
    _case("plain", (2, 3, 4, 4)),
    _case("ignored", (2, 4, 4, 4), ignored=0.3),
    _case("ignored-negative", (2, 4, 4, 4), ignored=0.3, dtype=np.int32, ignore_index=-1),
    _case("ignored-is-a-class", (2, 4, 4, 4), ignore_index=0),
    _case("nothing-ignored", (2, 4, 4, 4), ignore_index=None),
    _case("weights", (2, 3, 4, 4), weight=WEIGHT),
    _case("weights-ignored", (2, 4, 4, 4), ignored=0.3, dtype=np.uint8, weight=WEIGHT),
    _case("weight-zero", (2, 4, 4, 4), weight=np.array([0.0, 1.0, 2.0, 1.0])),
    _case("smoothing", (2, 3, 4, 4), label_smoothing=0.1),
    _case("smoothing-weights-ignored", (2, 4, 4, 4), ignored=0.3, weight=WEIGHT, label_smoothing=0.2),
    _case("rows", (9, 3), dtype=np.int16),
    _case("many-pixels", (1, 34, 31, 2), ignored=0.2),  # sums are cut into blocks of pixels
    _case("two-classes", (5, 2)),
    _case("all-ignored", (1, 3, 3, 4), all_ignored=True),
]
