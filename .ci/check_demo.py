"""Does the demo reach what the README says: U-Net at least 0.6 mIoU, both models at least twice the baseline?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

results = json.loads(Path(sys.argv[1]).read_text())
scores = {name: model["scores"]["miou"] for name, model in results["models"].items()}
seconds = {name: model["seconds"] for name, model in results["models"].items()}
baseline = results["majority_baseline"]["miou"]
print("mIoU", scores, "baseline", baseline, "seconds", seconds)
if not (scores["unet"] >= 0.6 and all(score >= 2 * baseline for score in scores.values())):
    raise SystemExit("the demo did not reach its scores")
