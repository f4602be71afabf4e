"""PyTorch's share of the speed benchmark: eager in both memory layouts, and compiled."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from subjects import Subject

from npseg.interop import torch_state_dict

# Where npseg (and milesial) keep the layers of torch_unet.UNet: its name of them on the right.
_UNET_NAMES = (
    (r"^inc\.double_conv\.", "inc."),
    (r"^down(\d+)\.maxpool_conv\.1\.double_conv\.", "down.#."),
    (r"^up(\d+)\.up\.", "up.#."),
    (r"^up(\d+)\.conv\.double_conv\.", "merge.#."),
    (r"^outc\.conv\.", "outc."),
)


def train(layout: str, compiled: bool = False, **subject: Any) -> Callable[[], float]:
    """A step of cross-entropy with Adam, or for FCN with SGD; returns its loss.

    The updates are the fused ones, PyTorch's fastest on a processor.
    """
    work = Subject(**subject)
    model = build(work).to(memory_format=_format(layout)).train()
    optimizer: torch.optim.Optimizer
    if work.model == "unet":
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, fused=True)
    images, labels = input_tensor(work, layout), torch.from_numpy(work.labels())

    def objective(images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(model(images), labels)

    run = torch.compile(objective) if compiled else objective  # the loss is compiled with the model

    def step() -> float:
        optimizer.zero_grad()
        loss = run(images, labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def infer(layout: str, compiled: bool = False, frozen: bool = False, **subject: Any) -> Callable[[], np.ndarray]:
    """Logits of a batch, shown as (N, H, W, K). `frozen` weights are folded and packed by the compiler."""
    work = Subject(**subject)
    model = build(work).to(memory_format=_format(layout)).eval()
    images = input_tensor(work, layout)
    run = torch.compile(model, options={"freezing": True} if frozen else None) if compiled else model

    def infer_batch() -> np.ndarray:
        # Freezing is tied to no_grad: tensors of inference mode cannot be folded.
        with torch.no_grad() if frozen else torch.inference_mode():
            return run(images).numpy().transpose(0, 2, 3, 1)

    return infer_batch


def build(work: Subject) -> torch.nn.Module:
    """The PyTorch model of a subject, with npseg's weights."""
    state = torch_state_dict(work.build())
    model: torch.nn.Module
    if work.model == "unet":
        from torch_unet import UNet

        model = UNet(3, work.classes, int(work.width))
        state = unet_names(state)
    else:
        from torch_fcn import FCN8s

        model = FCN8s(3, work.classes, work.width)
    match = model.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()}, strict=False)
    missing = [name for name in match.missing_keys if not name.endswith("num_batches_tracked")]
    if missing or match.unexpected_keys:
        raise ValueError(f"weights do not fit: missing {missing}, unexpected {match.unexpected_keys}")
    return model


def unet_names(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A U-Net's weights under the names of torch_unet.UNet: levels are lists there, counted from 0."""
    renamed = {}
    for name, array in state.items():
        for pattern, theirs in _UNET_NAMES:
            if match := re.match(pattern, name):
                level = str(int(match[1]) - 1) if match.groups() else ""
                renamed[theirs.replace("#", level) + name[match.end() :]] = array
    return renamed


def input_tensor(work: Subject, layout: str) -> torch.Tensor:
    """The images (N, C, H, W), in memory as `layout` says."""
    return torch.from_numpy(work.images()).permute(0, 3, 1, 2).contiguous(memory_format=_format(layout))


def _format(layout: str) -> torch.memory_format:
    return {"nchw": torch.contiguous_format, "channels last": torch.channels_last}[layout]
