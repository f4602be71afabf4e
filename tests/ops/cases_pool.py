"""Pooling: windows that overlap, hang over, or cover all; and unpooling."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import OpCase, distinct, nchw, nhwc, normal

from npseg.reference import pool as reference

IMAGE = (2, 6, 7, 3)


def _max(label: str, image: tuple = IMAGE, **options: Any) -> OpCase:
    return OpCase(
        op="max_pool2d",
        label=label,
        draw=lambda rng: (distinct(rng, *image),),
        reference=reference.max_pool2d,
        options=options,
        batched=(0,),
        torch=lambda torch, inputs, o: nhwc(
            torch.nn.functional.max_pool2d(nchw(inputs[0]), **{k: o[k] for k in o if k != "return_indices"})
        ),
    )


def _avg(label: str, image: tuple = IMAGE, **options: Any) -> OpCase:
    return OpCase(
        op="avg_pool2d",
        label=label,
        draw=lambda rng: (normal(rng, *image),),
        reference=reference.avg_pool2d,
        options=options,
        gradients=lambda inputs, dy, o: (reference.avg_pool2d_input_gradient(dy, inputs[0].shape[1:3], **o),),
        linear=(0,),
        batched=(0,),
        torch=lambda torch, inputs, o: nhwc(torch.nn.functional.avg_pool2d(nchw(inputs[0]), **o)),
    )


def _adaptive_avg(label: str, image: tuple, output_size: Any) -> OpCase:
    return OpCase(
        op="adaptive_avg_pool2d",
        label=label,
        draw=lambda rng: (normal(rng, *image),),
        reference=reference.adaptive_avg_pool2d,
        options={"output_size": output_size},
        gradients=lambda inputs, dy, o: (reference.adaptive_avg_pool2d_input_gradient(dy, inputs[0].shape[1:3]),),
        linear=(0,),
        batched=(0,),
        torch=lambda torch, inputs, o: nhwc(torch.nn.functional.adaptive_avg_pool2d(nchw(inputs[0]), **o)),
    )


def _adaptive_max(label: str, image: tuple, output_size: Any) -> OpCase:
    return OpCase(
        op="adaptive_max_pool2d",
        label=label,
        draw=lambda rng: (distinct(rng, *image),),
        reference=reference.adaptive_max_pool2d,
        options={"output_size": output_size},
        batched=(0,),
        torch=lambda torch, inputs, o: nhwc(torch.nn.functional.adaptive_max_pool2d(nchw(inputs[0]), **o)),
    )


def _unpool(label: str, image: tuple, output_size: tuple[int, int]) -> OpCase:
    n, height, width, channels = image
    rng = np.random.default_rng(5)
    places = [rng.permutation(output_size[0] * output_size[1])[: height * width] for _ in range(n * channels)]
    indices = np.array(places).reshape(n, channels, height, width).transpose(0, 2, 3, 1).copy()

    def torch_unpool(torch: Any, inputs: tuple, options: dict) -> Any:
        where = nchw(torch.from_numpy(options["indices"]))
        return nhwc(torch.nn.functional.max_unpool2d(nchw(inputs[0]), where, 1, output_size=list(output_size)))

    return OpCase(
        op="max_unpool2d",
        label=label,
        draw=lambda rng: (normal(rng, *image),),
        reference=reference.max_unpool2d,
        options={"indices": indices, "output_size": output_size},
        gradients=lambda inputs, dy, o: (reference.max_unpool2d_input_gradient(dy, o["indices"]),),
        linear=(0,),
        torch=torch_unpool if output_size == (height, width) else None,
    )


CASES = [
    _max("plain", kernel_size=2),
    _max("pair", kernel_size=(3, 2), stride=(2, 1)),
    _max("overlapping-padded", kernel_size=3, stride=2, padding=1),
    _max("indices", kernel_size=(2, 3), return_indices=True),
    _max("indices-padded", kernel_size=3, stride=1, padding=1, return_indices=True),
    _max("ceil", image=(2, 5, 7, 3), kernel_size=2, ceil_mode=True),
    _max("ceil-indices", image=(1, 5, 7, 2), kernel_size=3, stride=2, ceil_mode=True, return_indices=True),
    # The last window would start in the right padding, so ceil_mode leaves it out.
    _max("ceil-window-dropped", image=(1, 4, 4, 2), kernel_size=2, stride=3, padding=1, ceil_mode=True),
    _max("ceil-stride-over-kernel", image=(1, 8, 7, 2), kernel_size=2, stride=3, ceil_mode=True),
    _max("gaps", image=(1, 8, 7, 2), kernel_size=1, stride=3),
    _max("whole-image", kernel_size=(6, 7)),
    _avg("plain", kernel_size=2),
    _avg("pair", kernel_size=(3, 2), stride=(2, 1)),
    _avg("padded", kernel_size=3, stride=2, padding=1),
    _avg("padded-not-counted", kernel_size=3, stride=2, padding=1, count_include_pad=False),
    _avg("ceil", image=(2, 5, 7, 3), kernel_size=2, ceil_mode=True),
    _avg("ceil-padded", image=(1, 6, 5, 2), kernel_size=3, stride=2, padding=1, ceil_mode=True),
    _avg(
        "ceil-padded-not-counted", image=(1, 6, 5, 2), kernel_size=3, stride=2, padding=(1, 0),
        ceil_mode=True, count_include_pad=False,
    ),
    _avg("ceil-window-dropped", image=(1, 4, 4, 2), kernel_size=2, stride=3, padding=1, ceil_mode=True),
    _avg("gaps", image=(1, 8, 7, 2), kernel_size=2, stride=3),
    _adaptive_avg("uneven", (2, 5, 7, 3), (3, 4)),
    _adaptive_avg("even", (1, 6, 4, 2), (3, 2)),
    _adaptive_avg("global", (2, 5, 7, 3), 1),
    _adaptive_avg("enlarging", (1, 2, 3, 2), (5, 4)),
    _adaptive_avg("identity", (1, 3, 4, 2), (3, 4)),
    _adaptive_max("uneven", (2, 5, 7, 3), (3, 4)),
    _adaptive_max("global", (2, 5, 7, 3), 1),
    _adaptive_max("enlarging", (1, 2, 3, 2), (5, 4)),
    _unpool("spread", (2, 3, 3, 2), (6, 7)),
    _unpool("permuted", (1, 4, 5, 2), (4, 5)),
]  # fmt: skip
