"""A 19-class confusion matrix of a street scene's label maps, npseg against the metric libraries on the same processor.

    pip install -e ".[bench]"
    python benchmarks/confusion.py

Two label maps of 1024 x 2048 in uint8, 5 % of the truth ignored, once of equal patches with a tenth of the pixels wrong
and once of noise. Each library is called as its users call it, from the maps to the matrix, npseg with all its checks;
torchmetrics also without. Prints a table and writes `confusion.json`; the ratio is against the fastest peer.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from turns import measure, versions

CLASSES, IGNORE, SHAPE, PATCH = 19, 255, (1024, 2048), 32
WORKERS = {
    "npseg": "npseg_of_patches",
    "torchmetrics, unvalidated": "torchmetrics_unvalidated_of_patches",
    "torchmetrics": "torchmetrics_validated_of_patches",
    "scikit-learn": "scikit_learn_of_patches",
    "MONAI": "monai_of_patches",
}
PACKAGES = {"torchmetrics, unvalidated": "torchmetrics", "scikit-learn": "sklearn", "MONAI": "monai"}  # of other names
SCENES = ("patches", "noise")


def maps(scene: str) -> tuple[np.ndarray, np.ndarray]:
    """The same truth and prediction (H, W) uint8 for everyone."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, CLASSES, SHAPE, np.uint8)
    if scene == "noise":
        truth, prediction = noise, rng.integers(0, CLASSES, SHAPE, np.uint8)
    else:
        patches = rng.integers(0, CLASSES, (SHAPE[0] // PATCH, SHAPE[1] // PATCH), np.uint8)
        truth = np.kron(patches, np.ones((PATCH, PATCH), np.uint8))
        prediction = np.where(rng.random(SHAPE) < 0.1, noise, truth)
    truth[rng.random(SHAPE) < 0.05] = IGNORE
    return truth, prediction


def npseg(scene: str) -> Callable[[], np.ndarray]:
    """An update of `SegmentationMetrics`."""
    from npseg.metrics import SegmentationMetrics

    truth, prediction = maps(scene)
    metrics = SegmentationMetrics(CLASSES, ignore_index=IGNORE)

    def run() -> np.ndarray:
        metrics.reset()
        metrics.update(truth, prediction)
        return metrics.confusion

    return run


def torchmetrics_unvalidated(scene: str) -> Callable[[], np.ndarray]:
    """`multiclass_confusion_matrix` that trusts its input."""
    return _torchmetrics(scene, validate=False)


def torchmetrics_validated(scene: str) -> Callable[[], np.ndarray]:
    """`multiclass_confusion_matrix` as it comes."""
    return _torchmetrics(scene, validate=True)


def _torchmetrics(scene: str, validate: bool) -> Callable[[], np.ndarray]:
    import torch
    from torchmetrics.functional.classification import multiclass_confusion_matrix

    truth, prediction = (torch.from_numpy(x) for x in maps(scene))

    def run() -> np.ndarray:
        counts = multiclass_confusion_matrix(
            prediction, truth, CLASSES, ignore_index=IGNORE, validate_args=validate
        )  # fmt: skip
        return np.asarray(counts)

    return run


def scikit_learn(scene: str) -> Callable[[], np.ndarray]:
    """`sklearn.metrics.confusion_matrix`, which leaves out labels that it is not told."""
    from sklearn.metrics import confusion_matrix

    truth, prediction = (x.ravel() for x in maps(scene))
    return lambda: np.asarray(confusion_matrix(truth, prediction, labels=np.arange(CLASSES)))


def monai(scene: str) -> Callable[[], np.ndarray]:
    """`get_confusion_matrix`: per class the four counts of one against the rest, from one-hot maps that it asks for."""
    import torch
    from monai.metrics import get_confusion_matrix
    from monai.networks import one_hot

    truth, prediction = (torch.from_numpy(x)[None, None] for x in maps(scene))

    def run() -> np.ndarray:
        kept = truth != IGNORE
        planes = [one_hot(torch.where(kept, x, CLASSES), CLASSES + 1)[:, :CLASSES] for x in (prediction, truth)]
        return np.asarray(get_confusion_matrix(*planes).sum(0))

    return run


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=15, help="timed runs of each competitor")
    parser.add_argument("--out", type=Path, default=Path("confusion.json"))
    options = parser.parse_args()
    present = {name: worker for name, worker in WORKERS.items() if importlib.util.find_spec(PACKAGES.get(name, name))}
    for name in WORKERS.keys() - present.keys():
        print(f"{name}: not installed, left out")
    rows: dict[str, dict] = {}
    for scene in SCENES:
        timings = measure(
            __file__, [worker.replace("_of_patches", f"_of_{scene}") for worker in present.values()], options.turns
        )
        milliseconds = dict(zip(present, (t.median for t in timings)))
        peers = {name: ms for name, ms in milliseconds.items() if name != "npseg"}
        print(f"{scene}:")
        for (name, ms), timing in zip(milliseconds.items(), timings):
            print(f"  {name:28s} {ms:8.2f} ms   first {timing.first / 1000:6.1f} s")
        rows[scene] = {"milliseconds": milliseconds, "runs": {name: t.runs for name, t in zip(present, timings)}}
        if peers:
            best = min(peers, key=peers.__getitem__)
            rows[scene] |= {"best_peer": best, "times_as_fast_as_best_peer": peers[best] / milliseconds["npseg"]}
            speedup = rows[scene]["times_as_fast_as_best_peer"]
            print(f"  npseg is {speedup:.1f} times as fast as the best peer ({best}); at least 20 wanted, 30 the aim")
    packages = ("npseg", "numpy", "numba", "torch", "torchmetrics", "scikit-learn", "monai")
    options.out.write_text(json.dumps({"scenes": rows, "versions": versions(*packages)}, indent=2) + "\n")


def __getattr__(name: str) -> Callable[[], Callable[[], np.ndarray]]:
    """Workers as `turns` asks for them, without arguments: `<worker>_of_<scene>`."""
    worker, found, scene = name.partition("_of_")
    if not found or scene not in SCENES:
        raise AttributeError(name)
    return lambda: globals()[worker](scene)


if __name__ == "__main__":
    main()
