"""What the shipped recipe reaches on `nuclei`: U-Net and FCN-8s, several seeds, the final checkpoint.

    python benchmarks/nuclei.py --out runs/nuclei

Trains every model from every seed, scores the last checkpoint (not the best on validation) on whole validation and
test images at their original size, prints each seed and the median, and writes `nuclei.json` and `nuclei.png` (test
images, truth, prediction and errors of the first run). A run that is already complete in `--out` is only scored again.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from turns import versions

from npseg.report import Legend
from npseg.report.pictures import colour_labels, displayable, error_map
from npseg.train import Layer, RunOutcome, evaluate, read_log, train_run

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


SHOWN = (2, 12)  # test images of the picture
SIDE, TITLE = 320, 24  # pixels


def run(name: str, seed: int, directory: Path, picture: Path | None) -> dict[str, float]:
    """Train (or take up) one model from one seed; its scores and what it took."""
    settings = {"data.source": "nuclei", "seed": seed, **MODELS[name]}
    outcome = train_run([Layer("benchmark", settings)], directory, resume=True)
    if outcome.interrupted:
        raise SystemExit(f"stopped at step {outcome.step}; the same command goes on from there")
    # From the run's own log, so that a run taken up again tells what it took: steps, waiting and validation.
    seconds = sum(row["seconds"] + row.get("waited", 0.0) for row in read_log(outcome.directory.metrics))
    result: dict[str, float] = {"seed": seed, "steps": outcome.step, "seconds": round(seconds, 1)}
    for split in ("val", "test"):
        scores = evaluate(outcome.predictor, outcome.source.split(split), outcome.source.info)
        result[f"{split}_miou"] = scores.miou
        result[f"{split}_mean_dice"] = scores.mean_dice
        for class_name, iou in zip(outcome.source.info.classes, scores.iou):
            result[f"{split}_iou_{class_name}"] = float(iou)
    if picture is not None:
        draw(outcome, picture)
    return result


def draw(outcome: RunOutcome, path: Path) -> None:
    """Rows of test images: the middle of the image, the truth, the prediction, the errors."""
    info, dataset = outcome.source.info, outcome.source.split("test")
    legend = Legend(info.classes, info.palette, info.ignore_index)
    sheet = Image.new("RGB", (4 * SIDE, TITLE + len(SHOWN) * SIDE), "white")
    pen = ImageDraw.Draw(sheet)
    for column, title in enumerate(("image", "truth", "prediction", "errors")):
        pen.text((column * SIDE + 8, 4), title, fill="black", font_size=16)
    for row, index in enumerate(SHOWN):
        sample = dataset[index]
        labels = outcome.predictor.labels(sample.image)
        pictures = (
            displayable(sample.image),
            colour_labels(sample.mask, legend),
            colour_labels(labels, legend),
            error_map(sample.image, sample.mask, labels, info.ignore_index),
        )
        for column, pixels in enumerate(pictures):
            sheet.paste(Image.fromarray(middle(pixels)), (column * SIDE, TITLE + row * SIDE))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)


def middle(pixels: np.ndarray) -> np.ndarray:
    """The square of SIDE pixels in the middle of a picture."""
    top, left = (pixels.shape[0] - SIDE) // 2, (pixels.shape[1] - SIDE) // 2
    return np.ascontiguousarray(pixels[top : top + SIDE, left : left + SIDE])


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
            picture = options.out / "nuclei.png" if name == "unet" and not rows else None
            rows.append(run(name, seed, options.out / f"{name}-{seed}", picture))
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
