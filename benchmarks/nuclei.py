"""What the shipped recipe reaches on `nuclei`: U-Net and FCN-8s, several seeds, the final checkpoint.

    python benchmarks/nuclei.py --out runs/nuclei

Trains every model from every seed, scores the last checkpoint (not the best on validation) on whole validation and
test images at their original size, prints each seed and the median, and writes `nuclei.json`. A run that is already
complete in `--out` is only scored again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from turns import versions

from npseg.train import Layer, evaluate, train_run

# FCN-8s from scratch: VGG-16 at a quarter of its width with batch norm; the rest is the recipe of the data set.
MODELS: dict[str, dict[str, object]] = {
    "unet": {"model.name": "unet"},
    "fcn8s": {
        "model.name": "fcn8s",
        "model.width": 0.25,
        "model.batch_norm": True,
        "model.fc_channels": 256,
    },
}


def run(name: str, seed: int, directory: Path) -> dict[str, float]:
    """Train (or take up) one model from one seed; its scores and what it took."""
    begun = time.perf_counter()
    settings = {"data.source": "nuclei", "seed": seed, **MODELS[name]}
    outcome = train_run([Layer("benchmark", settings)], directory, resume=True)
    seconds = time.perf_counter() - begun
    result: dict[str, float] = {"seed": seed, "steps": outcome.step, "seconds": round(seconds, 1)}
    for split in ("val", "test"):
        scores = evaluate(outcome.predictor, outcome.source.split(split), outcome.source.info)
        result[f"{split}_miou"] = scores.miou
        result[f"{split}_mean_dice"] = scores.mean_dice
        for class_name, iou in zip(outcome.source.info.classes, scores.iou):
            result[f"{split}_iou_{class_name}"] = float(iou)
    return result


def main() -> None:
    """Train, score, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=Path("runs/nuclei"))
    options = parser.parse_args()
    report: dict[str, object] = {"versions": versions("npseg", "numpy", "numba", "scipy")}
    for name in options.models:
        rows = []
        for seed in options.seeds:
            rows.append(run(name, seed, options.out / f"{name}-{seed}"))
            print_row(f"{name} seed {seed}", rows[-1])
        median = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        print_row(f"{name} median", median)
        report[name] = {"runs": rows, "median": median}
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "nuclei.json").write_text(json.dumps(report, indent=2) + "\n")


def print_row(title: str, row: dict[str, float]) -> None:
    """One line of the table."""
    print(
        f"{title:16s} val mIoU {row['val_miou']:.3f}  nucleus {row['val_iou_nucleus']:.3f}  micronucleus "
        f"{row['val_iou_micronucleus']:.3f}  test mIoU {row['test_miou']:.3f}  {row['seconds']:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
