"""Cross-entropy, focal loss, soft Dice, and their sum: weights, ignored pixels, smoothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import OpCase, normal

from npseg.reference import cross_entropy as entropy_reference
from npseg.reference import focal as focal_reference
from npseg.reference import pixel_losses as sum_reference
from npseg.reference import soft_dice as dice_reference

REFERENCES = {
    "cross_entropy": (entropy_reference.cross_entropy, entropy_reference.cross_entropy_gradient),
    "focal": (focal_reference.focal, focal_reference.focal_gradient),
    "soft_dice": (dice_reference.soft_dice, dice_reference.soft_dice_gradient),
    "pixel_losses": (sum_reference.pixel_losses, sum_reference.pixel_losses_gradient),
}


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
    op: str = "cross_entropy",
    ignored: float = 0.0,
    dtype: Any = np.int64,
    all_ignored: bool = False,
    **options: Any,
) -> OpCase:
    function, gradient = REFERENCES[op]
    rng = np.random.default_rng(11)
    labels = rng.integers(0, shape[-1], shape[:-1]).astype(dtype)
    value = options.get("ignore_index", 255)
    if ignored or all_ignored:
        labels[rng.random(shape[:-1]) < (1.0 if all_ignored else ignored)] = value
    return OpCase(
        op=op,
        label=label,
        draw=lambda rng: (2 * normal(rng, *shape),),
        reference=function,
        options={"labels": labels, **options},
        gradients=lambda inputs, dy, o: (dy * gradient(inputs[0], **o),),
        torch=None if all_ignored or op != "cross_entropy" else _torch,
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
    *(
        _case(label, shape, op=op, **options)
        for op in ("focal", "soft_dice", "pixel_losses")
        for label, shape, options in (
            ("plain", (2, 3, 4, 4), {}),
            ("ignored", (2, 4, 4, 4), {"ignored": 0.3}),
            ("ignored-is-a-class", (2, 4, 4, 4), {"ignore_index": 0}),
            ("nothing-ignored", (2, 4, 4, 4), {"ignore_index": None, "dtype": np.uint16}),
            ("many-pixels", (1, 34, 31, 2), {"ignored": 0.2}),
            ("all-ignored", (1, 3, 3, 4), {"all_ignored": True}),
        )
    ),
    _case("gamma-zero", (5, 3), op="focal", gamma=0),
    _case("gamma-half", (5, 3), op="focal", gamma=0.5),
    _case("gamma-one-alpha", (2, 4, 4, 4), op="focal", ignored=0.3, gamma=1.0, alpha=WEIGHT),
    _case("gamma-three-alpha", (2, 4, 4, 4), op="focal", ignored=0.3, gamma=3.5, alpha=WEIGHT),
    _case("squared", (2, 4, 4, 4), op="soft_dice", ignored=0.3, squared=True, smooth=0.5),
    _case("class-absent", (3, 9), op="soft_dice", smooth=0.0),
    _case("squared-class-absent", (3, 9), op="soft_dice", squared=True, smooth=0.0),
    _case("entropy-and-dice", (2, 4, 4, 4), op="pixel_losses", ignored=0.3, cross_entropy=0.7, dice=2.0, focal=0.0),
    _case("dice-and-focal", (2, 4, 4, 4), op="pixel_losses", cross_entropy=0.0, dice=0.5, focal=3.0),
    _case(
        "everything",
        (2, 9, 17, 4),
        op="pixel_losses",
        ignored=0.2,
        cross_entropy=0.5,
        dice=2.0,
        focal=1.5,
        weight=WEIGHT,
        label_smoothing=0.1,
        smooth=2.0,
        squared=True,
        gamma=1.5,
        alpha=WEIGHT[::-1].copy(),
    ),
]
