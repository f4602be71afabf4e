"""Resizing to any size, larger and smaller, in both conventions; and pixel shuffle."""

from __future__ import annotations

from typing import Any

from op_case import OpCase, nchw, nhwc, normal

from npseg.reference import resize as reference
from npseg.reference import shuffle


def _torch(torch: Any, inputs: tuple, options: dict) -> Any:
    mode = options.get("mode", "bilinear")
    corners = {"align_corners": options.get("align_corners", False)} if mode == "bilinear" else {}
    return nhwc(torch.nn.functional.interpolate(nchw(inputs[0]), options["size"], mode=mode, **corners))


def _resize(label: str, image: tuple, size: tuple[int, int], **options: Any) -> OpCase:
    return OpCase(
        op="resize",
        label=label,
        draw=lambda rng: (normal(rng, *image),),
        reference=reference.resize,
        options={"size": size, **options},
        gradients=lambda inputs, dy, o: (
            reference.resize_input_gradient(dy, inputs[0].shape[1:3], **{k: v for k, v in o.items() if k != "size"}),
        ),
        linear=(0,),
        batched=(0,),
        torch=_torch,
    )


def _sizes(prefix: str, **options: Any) -> list[OpCase]:
    return [
        _resize(f"{prefix}-double", (2, 3, 4, 3), (6, 8), **options),
        _resize(f"{prefix}-enlarge", (1, 3, 4, 2), (7, 5), **options),
        _resize(f"{prefix}-shrink", (1, 7, 9, 2), (3, 4), **options),
        _resize(f"{prefix}-mixed", (1, 3, 9, 2), (8, 4), **options),
        _resize(f"{prefix}-to-one-pixel", (1, 4, 5, 2), (1, 1), **options),
        _resize(f"{prefix}-from-one-pixel", (1, 1, 1, 2), (3, 4), **options),
        _resize(f"{prefix}-identity", (1, 4, 5, 2), (4, 5), **options),
        _resize(f"{prefix}-wide", (1, 2, 35, 2), (3, 40), **options),
    ]


def _shuffle(label: str, op: str, image: tuple, factor: int) -> OpCase:
    forward, backward = getattr(shuffle, op), getattr(shuffle, _INVERSE[op])
    return OpCase(
        op=op,
        label=label,
        draw=lambda rng: (normal(rng, *image),),
        reference=forward,
        options={"factor": factor},
        gradients=lambda inputs, dy, o: (backward(dy, **o),),
        linear=(0,),
        batched=(0,),
        torch=lambda torch, inputs, o: nhwc(getattr(torch.nn.functional, op)(nchw(inputs[0]), o["factor"])),
    )


_INVERSE = {"pixel_shuffle": "pixel_unshuffle", "pixel_unshuffle": "pixel_shuffle"}

CASES = [
    *_sizes("bilinear"),
    *_sizes("corners", align_corners=True),
    *_sizes("nearest", mode="nearest"),
    _shuffle("double", "pixel_shuffle", (2, 2, 3, 8), 2),
    _shuffle("triple", "pixel_shuffle", (1, 2, 1, 18), 3),
    _shuffle("identity", "pixel_shuffle", (1, 2, 3, 2), 1),
    _shuffle("double", "pixel_unshuffle", (2, 4, 6, 2), 2),
    _shuffle("triple", "pixel_unshuffle", (1, 3, 6, 2), 3),
]
