"""Batch, layer and group norm."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_case import OpCase, nchw, nhwc, normal, positive

from npseg.reference import norm as reference

GRADIENT_RTOL32 = 1e-4  # a norm's gradient is a small difference of larger numbers


def _gradients(axes: Any) -> Any:
    def gradients(inputs: tuple, dy: np.ndarray, options: dict) -> tuple:
        x, *scale = inputs
        eps = options.get("eps", 1e-5)
        weight = scale[0] if scale else 1.0
        leading = tuple(range(x.ndim - 1))
        dx = reference.normalise_gradient(x, dy * weight, axes, eps)
        by_scale = [(dy * reference.normalise(x, axes, eps)).sum(axis=leading), dy.sum(axis=leading)]
        return (dx, *by_scale[: len(scale)])

    return gradients


def _scaled(image: tuple, count: int) -> Any:
    """Images off centre, with `count` of weight and bias."""
    channels = image[-1]
    return lambda rng: (2 + 3 * normal(rng, *image), positive(rng, channels), normal(rng, channels))[: count + 1]


def _batch(label: str, image: tuple, **options: Any) -> OpCase:
    def torch_norm(torch: Any, inputs: tuple, o: dict) -> Any:
        x, weight, bias = inputs
        rows = x.reshape(-1, x.shape[-1])
        y = torch.nn.functional.batch_norm(rows, None, None, weight, bias, training=True, eps=o.get("eps", 1e-5))
        return y.reshape(x.shape)

    return OpCase(
        op="batch_norm",
        label=label,
        draw=_scaled(image, 2),
        reference=reference.batch_norm,
        options=options,
        gradients=_gradients(tuple(range(len(image) - 1))),
        torch=torch_norm,
        gradient_rtol32=GRADIENT_RTOL32,
    )


def _batch_relu(label: str, image: tuple, **options: Any) -> OpCase:
    axes = tuple(range(len(image) - 1))

    def draw(rng: np.random.Generator) -> tuple:
        """Nothing that the norm takes close to zero, where the ReLU has its kink."""
        x, weight, bias = _scaled(image, 2)(rng)
        for _ in range(100):
            y = reference.batch_norm(x, weight, bias, eps=options.get("eps", 1e-5))[0]
            near = np.abs(y) < 0.02
            if not near.any():
                return x, weight, bias
            x[near] += 0.3
        raise AssertionError("no inputs away from the kink")

    def gradients(inputs: tuple, dy: np.ndarray, o: dict) -> tuple:
        return _gradients(axes)(inputs, dy * (reference.batch_norm(*inputs, **o)[0] > 0), o)

    def torch_norm(torch: Any, inputs: tuple, o: dict) -> Any:
        x, weight, bias = inputs
        rows = x.reshape(-1, x.shape[-1])
        y = torch.nn.functional.batch_norm(rows, None, None, weight, bias, training=True, eps=o.get("eps", 1e-5))
        return torch.relu(y).reshape(x.shape)

    return OpCase(
        op="batch_norm_relu",
        label=label,
        draw=draw,
        reference=reference.batch_norm_relu,
        options=options,
        gradients=gradients,
        torch=torch_norm,
        gradient_rtol32=GRADIENT_RTOL32,
    )


def _batch_inference(label: str, image: tuple, **options: Any) -> OpCase:
    rng = np.random.default_rng(3)
    mean, var = normal(rng, image[-1]), positive(rng, image[-1])

    def gradients(inputs: tuple, dy: np.ndarray, o: dict) -> tuple:
        x, weight, _ = inputs
        leading, deviation = tuple(range(x.ndim - 1)), np.sqrt(var + o.get("eps", 1e-5))
        dweight = (dy * (x - mean) / deviation).sum(axis=leading)
        return (dy * weight / deviation, dweight, dy.sum(axis=leading))

    def torch_norm(torch: Any, inputs: tuple, o: dict) -> Any:
        x, weight, bias = inputs
        statistics = (torch.from_numpy(mean).to(x.dtype), torch.from_numpy(var).to(x.dtype))
        return nhwc(torch.nn.functional.batch_norm(nchw(x), *statistics, weight, bias, eps=o.get("eps", 1e-5)))

    return OpCase(
        op="batch_norm_inference",
        label=label,
        draw=_scaled(image, 2),
        reference=reference.batch_norm_inference,
        options={"mean": mean, "var": var, **options},
        gradients=gradients,
        linear=(0, 1),
        batched=(0,),
        torch=torch_norm if len(image) == 4 else None,
    )


def _layer(label: str, image: tuple, scale: int, **options: Any) -> OpCase:
    def torch_norm(torch: Any, inputs: tuple, o: dict) -> Any:
        x, *scale = inputs
        return torch.nn.functional.layer_norm(x, x.shape[-1:], *scale, eps=o.get("eps", 1e-5))

    return OpCase(
        op="layer_norm",
        label=label,
        draw=_scaled(image, scale),
        reference=reference.layer_norm,
        options=options,
        gradients=_gradients(-1),
        batched=(0,),
        torch=torch_norm,
        gradient_rtol32=GRADIENT_RTOL32,
    )


def _group(label: str, image: tuple, num_groups: int, scale: int, **options: Any) -> OpCase:
    def gradients(inputs: tuple, dy: np.ndarray, o: dict) -> tuple:
        x, *scale = inputs
        eps = o.get("eps", 1e-5)
        shape = (x.shape[0], -1, num_groups, x.shape[-1] // num_groups)
        grouped = x.reshape(shape)
        dnormal = (dy * scale[0] if scale else dy).reshape(shape)
        dx = reference.normalise_gradient(grouped, dnormal, (1, 3), eps).reshape(x.shape)
        normalised = reference.normalise(grouped, (1, 3), eps).reshape(x.shape)
        leading = tuple(range(x.ndim - 1))
        return (dx, *[(dy * normalised).sum(axis=leading), dy.sum(axis=leading)][: len(scale)])

    return OpCase(
        op="group_norm",
        label=label,
        draw=_scaled(image, scale),
        reference=reference.group_norm,
        options={"num_groups": num_groups, **options},
        call=lambda function, inputs, o: function(inputs[0], o.pop("num_groups"), *inputs[1:], **o),
        gradients=gradients,
        batched=(0,),
        torch=lambda torch, inputs, o: nhwc(
            torch.nn.functional.group_norm(nchw(inputs[0]), num_groups, *inputs[1:], eps=o.get("eps", 1e-5))
        ),
        gradient_rtol32=GRADIENT_RTOL32,
    )


CASES = [
    _batch("images", (2, 3, 4, 3)),
    _batch("one-image-eps", (1, 4, 5, 2), eps=1e-2),
    _batch("rows", (7, 3)),
    _batch("many-pixels", (1, 26, 40, 2)),  # sums are cut into blocks of rows
    _batch_relu("images", (2, 3, 4, 3)),
    _batch_relu("one-image-eps", (1, 4, 5, 2), eps=1e-2),
    _batch_relu("many-pixels", (1, 26, 40, 2)),
    _batch_inference("images", (2, 3, 4, 3)),
    _batch_inference("eps", (1, 2, 2, 2), eps=1e-1),
    _batch_inference("rows", (5, 3)),
    _layer("plain", (2, 3, 4, 6), 0),
    _layer("scaled", (2, 3, 4, 6), 2),
    _layer("weight-only", (5, 4), 1, eps=1e-2),
    _group("plain", (2, 3, 4, 6), 3, 0),
    _group("scaled", (2, 3, 4, 6), 2, 2),
    _group("one-group", (2, 3, 3, 4), 1, 2, eps=1e-2),
    _group("instance", (2, 3, 4, 3), 3, 2),
]
