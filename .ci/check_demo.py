"""Does the demo's result hold what the README says: U-Net at least 0.6 mIoU, both models twice the baseline?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

results = json.loads(Path(sys.argv[1]).read_text())
print(json.dumps({key: value for key, value in results.items() if key != "models"}, indent=1)[:400])
scores = {name: model["miou"] for name, model in results["models"].items()}
baseline = results["baseline"]["miou"]
print("mIoU", scores, "baseline", baseline)
if not (scores["unet"] >= 0.6 and all(score >= 2 * baseline for score in scores.values())):
    raise SystemExit("the demo did not reach its scores")
