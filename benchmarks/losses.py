"""Soft Dice, cross-entropy and focal loss together, forward and backward: npseg against PyTorch on the same processor.

    pip install -e ".[bench]"
    python benchmarks/losses.py

Logits 4 x 256 x 256 x 21 in float32, labels with 5 % of the pixels ignored, all cores. Prints a table and writes
`losses.json`. PyTorch runs eagerly and under `torch.compile`, with the three losses composed from its functions as the
papers write them ("apart") and from one shared log-softmax ("shared"), in both memory layouts; the ratio is against the
fastest of them. A logit of PyTorch's is laid out (N, K, H, W), so that no competitor pays for a transposition.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from turns import measure, versions

BATCH, SIZE, CLASSES, IGNORE = 4, 256, 21, 255
WORKERS = {
    "npseg": "npseg_losses",
    "torch, apart, NCHW": "torch_apart",
    "torch, shared, NCHW": "torch_shared",
    "torch, shared, channels last": "torch_shared_channels_last",
    "torch.compile, apart, NCHW": "compiled_apart",
    "torch.compile, shared, NCHW": "compiled_shared",
    "torch.compile, shared, channels last": "compiled_shared_channels_last",
}


def batch() -> tuple[np.ndarray, np.ndarray]:
    """The same logits (N, H, W, K) and labels (N, H, W) for everyone."""
    rng = np.random.default_rng(0)
    logits = 2 * rng.standard_normal((BATCH, SIZE, SIZE, CLASSES), np.float32)
    labels = rng.integers(0, CLASSES, (BATCH, SIZE, SIZE))
    labels[rng.random(labels.shape) < 0.05] = IGNORE
    return logits, labels


def npseg_losses() -> Callable[[], float]:
    """Value and gradient by npseg's own sum of losses, as the trainer calls it."""
    import npseg

    criterion = npseg.losses.build(cross_entropy=1.0, dice=1.0, focal=1.0)
    array, labels = batch()

    def run() -> float:
        logits = npseg.Tensor(array, requires_grad=True)
        total, _ = criterion.evaluate(logits, labels)
        total.backward()
        return float(total.item())

    return run


def torch_apart() -> Callable[[], float]:
    """Three losses, each from the logits."""
    return _torch(_apart)


def torch_shared() -> Callable[[], float]:
    """Three losses from one log-softmax."""
    return _torch(_shared)


def torch_shared_channels_last() -> Callable[[], float]:
    """Three losses from one log-softmax, channels last in memory."""
    return _torch(_shared, channels_last=True)


def compiled_apart() -> Callable[[], float]:
    """`torch_apart`, compiled."""
    return _torch(_apart, compiled=True)


def compiled_shared() -> Callable[[], float]:
    """`torch_shared`, compiled."""
    return _torch(_shared, compiled=True)


def compiled_shared_channels_last() -> Callable[[], float]:
    """`torch_shared_channels_last`, compiled."""
    return _torch(_shared, compiled=True, channels_last=True)


def _torch(loss: Callable[[Any, Any], Any], compiled: bool = False, channels_last: bool = False) -> Callable[[], float]:
    import torch

    array, labels = batch()
    layout = torch.channels_last if channels_last else torch.contiguous_format
    logits = torch.from_numpy(array).permute(0, 3, 1, 2).contiguous(memory_format=layout).requires_grad_()
    target = torch.from_numpy(labels)
    function: Callable[[Any, Any], Any] = torch.compile(loss) if compiled else loss

    def run() -> float:
        logits.grad = None
        total = function(logits, target)
        total.backward()
        return float(total.item())

    return run


def _apart(logits: Any, labels: Any) -> Any:
    import torch.nn.functional as F

    keep = labels != IGNORE
    safe = labels.where(keep, 0)
    entropy = F.cross_entropy(logits, labels, ignore_index=IGNORE)
    log_p = F.log_softmax(logits, 1).gather(1, safe[:, None])[:, 0]
    focal = (-((1 - log_p.exp()) ** 2) * log_p * keep).sum() / keep.sum()
    return entropy + focal + _dice(logits.softmax(1), safe, keep)


def _shared(logits: Any, labels: Any) -> Any:
    import torch.nn.functional as F

    keep = labels != IGNORE
    safe = labels.where(keep, 0)
    log_probability = F.log_softmax(logits, 1)
    log_p = log_probability.gather(1, safe[:, None])[:, 0]
    entropy_and_focal = (-(1 + (1 - log_p.exp()) ** 2) * log_p * keep).sum() / keep.sum()
    return entropy_and_focal + _dice(log_probability.exp(), safe, keep)


def _dice(p: Any, safe: Any, keep: Any) -> Any:
    """Soft Dice of probabilities (N, K, H, W); the overlap is scattered by label, which spares a one-hot tensor."""
    hit = p.gather(1, safe[:, None])[:, 0] * keep
    overlap = hit.new_zeros(CLASSES).index_add(0, safe.flatten(), hit.flatten())
    truth = hit.new_zeros(CLASSES).index_add(0, safe.flatten(), keep.flatten().to(hit.dtype))
    mass = (p * keep[:, None]).sum((0, 2, 3))
    present = truth > 0
    dice = (2 * overlap + 1) / (mass + truth + 1)
    return 1 - (dice * present).sum() / present.sum()


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=15, help="timed runs of each competitor")
    parser.add_argument("--out", type=Path, default=Path("losses.json"))
    options = parser.parse_args()
    timings = measure(__file__, list(WORKERS.values()), options.turns)
    milliseconds = dict(zip(WORKERS, (t.median for t in timings)))
    best = min((name for name in milliseconds if name != "npseg"), key=milliseconds.__getitem__)
    speedup = milliseconds[best] / milliseconds["npseg"]
    for (name, ms), timing in zip(milliseconds.items(), timings):
        print(f"{name:38s} {ms:8.1f} ms   first {timing.first / 1000:6.1f} s")
    print(f"npseg is {speedup:.2f} times as fast as the best peer ({best}); at least 2 wanted, 4 the aim")
    result = {
        "milliseconds": milliseconds,
        "runs": {name: t.runs for name, t in zip(WORKERS, timings)},
        "best_peer": best,
        "times_as_fast_as_best_peer": speedup,
        "versions": versions("npseg", "numpy", "numba", "scipy", "torch"),
    }
    options.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
