"""One training step of a U-Net, npseg against PyTorch on the same processor.

    pip install -e ".[bench]"
    python benchmarks/unet_step.py

Base width 32, batch 4 x 256 x 256, 21 classes, cross-entropy and Adam, float32, all cores. Prints a table and writes
`unet_step.json`. PyTorch runs eagerly in both memory layouts; the ratio is against its best.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from turns import measure, versions

BASE, BATCH, SIZE, CLASSES = 32, 4, 256, 21
WORKERS = {"npseg": "npseg_step", "torch, NCHW": "torch_nchw", "torch, channels last": "torch_channels_last"}


def batch() -> tuple[np.ndarray, np.ndarray]:
    """The same images (N, H, W, C) and labels (N, H, W) for everyone."""
    rng = np.random.default_rng(0)
    return (
        rng.standard_normal((BATCH, SIZE, SIZE, 3), np.float32),
        rng.integers(0, CLASSES, (BATCH, SIZE, SIZE)),
    )


def npseg_step() -> Callable[[], None]:
    """A step of npseg."""
    import npseg

    model = npseg.create_model("unet", in_channels=3, num_classes=CLASSES, base_channels=BASE)
    model.train()
    optimizer = npseg.optim.Adam(model.parameters(), lr=1e-3)
    images, labels = batch()

    def step() -> None:
        optimizer.zero_grad()
        npseg.losses.cross_entropy(model(npseg.Tensor(images)), labels).backward()
        optimizer.step()

    return step


def torch_nchw() -> Callable[[], None]:
    """A step of PyTorch in its own layout."""
    return _torch_step(channels_last=False)


def torch_channels_last() -> Callable[[], None]:
    """A step of PyTorch with channels last in memory."""
    return _torch_step(channels_last=True)


def _torch_step(channels_last: bool) -> Callable[[], None]:
    import torch
    from torch_unet import UNet

    layout = torch.channels_last if channels_last else torch.contiguous_format
    images, labels = batch()
    x = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(memory_format=layout)
    t = torch.from_numpy(labels)
    model = UNet(3, CLASSES, BASE).to(memory_format=layout).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), t).backward()
        optimizer.step()

    return step


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=7, help="timed steps of each competitor")
    parser.add_argument("--out", type=Path, default=Path("unet_step.json"))
    options = parser.parse_args()
    timings = measure(__file__, list(WORKERS.values()), options.turns)
    milliseconds = dict(zip(WORKERS, (t.median for t in timings)))
    best = min(ms for name, ms in milliseconds.items() if name != "npseg")
    ratio = milliseconds["npseg"] / best
    for (name, ms), timing in zip(milliseconds.items(), timings):
        print(f"{name:24s} {ms:8.0f} ms a step   first {timing.first / 1000:6.1f} s")
    print(f"npseg takes {ratio:.2f} times as long as PyTorch's best (at most 2.5 wanted)")
    result = {
        "milliseconds": milliseconds,
        "runs": {name: t.runs for name, t in zip(WORKERS, timings)},
        "ratio_to_best_peer": ratio,
        "versions": versions("npseg", "numpy", "numba", "scipy", "torch"),
    }
    options.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
