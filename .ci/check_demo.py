"""Does the demo keep its promises: U-Net at least 0.6 mIoU, both models twice the baseline, within 4 minutes?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

results, seconds = json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2])
scores = {name: model["scores"]["miou"] for name, model in results["models"].items()}
baseline = results["majority_baseline"]["miou"]
print("mIoU", scores, "baseline", baseline, "seconds", seconds)
if not (scores["unet"] >= 0.6 and all(score >= 2 * baseline for score in scores.values()) and seconds <= 240):
    raise SystemExit("the demo does not keep its promises")
