"""Ops that only move numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import OpCase, normal

from npseg.reference import shape as reference


def _concat(label: str, shapes: list[tuple], **options: Any) -> OpCase:
    axis = options.get("axis", -1)
    return OpCase(
        op="concat",
        label=label,
        draw=lambda rng: tuple(normal(rng, *shape) for shape in shapes),
        reference=reference.concat,
        options=options,
        call=lambda function, inputs, o: function(list(inputs), **o),
        gradients=lambda inputs, dy, o: reference.concat_input_gradient(dy, [x.shape[axis] for x in inputs], axis),
        linear=tuple(range(len(shapes))),
        batched=tuple(range(len(shapes))) if axis == -1 else (),
        torch=lambda torch, inputs, o: torch.cat(inputs, dim=axis),
    )


def _pad(label: str, image: tuple, widths: Any, **options: Any) -> OpCase:
    (top, bottom), (left, right) = widths
    return OpCase(
        op="pad",
        label=label,
        draw=lambda rng: (normal(rng, *image),),
        reference=reference.pad,
        options={"widths": widths, **options},
        gradients=lambda inputs, dy, o: (reference.pad_input_gradient(dy, widths),),
        linear=(0,),
        batched=(0,),
        torch=lambda torch, inputs, o: torch.nn.functional.pad(
            inputs[0], (0, 0, left, right, top, bottom), value=o.get("value", 0.0)
        ),
    )


def _crop(label: str, image: tuple, **options: int) -> OpCase:
    o = options
    return OpCase(
        op="crop",
        label=label,
        draw=lambda rng: (normal(rng, *image),),
        reference=reference.crop,
        options=options,
        gradients=lambda inputs, dy, _: (reference.crop_input_gradient(dy, o["top"], o["left"], inputs[0].shape[1:3]),),
        linear=(0,),
        batched=(0,),
        torch=lambda torch, inputs, _: inputs[0][
            :, o["top"] : o["top"] + o["height"], o["left"] : o["left"] + o["width"]
        ],
    )


def _reshape(label: str, before: tuple, after: Any) -> OpCase:
    return OpCase(
        op="reshape",
        label=label,
        draw=lambda rng: (normal(rng, *before),),
        reference=np.reshape,
        options={"shape": after},
        gradients=lambda inputs, dy, o: (dy.reshape(before),),
        linear=(0,),
        torch=lambda torch, inputs, o: inputs[0].reshape(after),
    )


def _transpose(label: str, before: tuple, **options: Any) -> OpCase:
    axes = options.get("axes", tuple(range(len(before)))[::-1])
    return OpCase(
        op="transpose",
        label=label,
        draw=lambda rng: (normal(rng, *before),),
        reference=np.transpose,
        options=options,
        gradients=lambda inputs, dy, o: (dy.transpose(np.argsort([a % len(before) for a in axes])),),
        linear=(0,),
        torch=lambda torch, inputs, o: inputs[0].permute(*axes),
    )


def _getitem(label: str, before: tuple, index: Any, torch: bool = True) -> OpCase:
    def gradients(inputs: tuple, dy: np.ndarray, options: dict) -> tuple:
        dx = np.zeros(before)
        np.add.at(dx, index, dy)
        return (dx,)

    return OpCase(
        op="getitem",
        label=label,
        draw=lambda rng: (normal(rng, *before),),
        reference=lambda x, index: np.array(x[index]),
        options={"index": index},
        gradients=gradients,
        linear=(0,),
        torch=(lambda torch, inputs, o: inputs[0][index]) if torch else None,
    )


CASES = [
    _concat("channels", [(2, 3, 4, 2), (2, 3, 4, 3), (2, 3, 4, 1)]),
    _concat("rows", [(2, 3, 4, 2), (2, 1, 4, 2)], axis=1),
    _concat("batch", [(1, 3, 2), (2, 3, 2)], axis=0),
    _concat("negative-axis", [(2, 3, 2), (2, 1, 2)], axis=-2),
    _concat("single", [(2, 3)]),
    _pad("all-sides", (2, 3, 4, 2), ((1, 2), (3, 4))),
    _pad("one-side", (1, 3, 4, 2), ((0, 1), (0, 0))),
    _pad("value", (1, 3, 4, 2), ((1, 0), (2, 1)), value=-1.5),
    _pad("nothing", (1, 3, 4, 2), ((0, 0), (0, 0))),
    _crop("inside", (2, 5, 6, 2), top=1, left=2, height=3, width=2),
    _crop("corner", (1, 5, 6, 2), top=3, left=4, height=2, width=2),
    _crop("whole", (1, 3, 4, 2), top=0, left=0, height=3, width=4),
    _reshape("flatten", (2, 3, 4), (6, 4)),
    _reshape("inferred", (2, 3, 4), (2, -1)),
    _reshape("scalar", (1, 1), ()),
    _transpose("reversed", (2, 3, 4)),
    _transpose("axes", (2, 3, 4, 5), axes=(0, 3, 1, 2)),
    _transpose("negative-axes", (2, 3, 4), axes=(0, -1, 1)),
    _getitem("integer", (4, 3), 2),
    _getitem("negative", (4, 3), -1),
    _getitem("slices", (5, 6, 2), (slice(1, 4), slice(None, None, 2)), torch=True),
    _getitem("reversed", (5, 3), (slice(None, None, -1),), torch=False),
    _getitem("ellipsis-newaxis", (4, 3, 2), (Ellipsis, None, 1)),
    _getitem("repeated", (4, 3), (np.array([0, 2, 2, 0]),)),
    _getitem("pairs", (4, 3), (np.array([0, 3, 0]), np.array([1, 2, 1]))),
    _getitem("mask", (4, 3), (np.arange(12).reshape(4, 3) % 3 == 1,)),
]
