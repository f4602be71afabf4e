"""How long a person waits for compilation: the first training step ever, and the first one of a later process.

    python benchmarks/compile_time.py

U-Net of base width 32 on 4 x 256 x 256, cross-entropy and Adam, float32, by `Trainer`, which lets a second process
share the compiling; `--alone` by a plain loop instead. Each measurement is a fresh process. The first
begins with an empty kernel cache; the second finds what the first compiled. Prints both and writes `compile_time.json`.
What is counted is what a user sees: imports and first step, and how much they exceed a steady step.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from turns import versions

COLD_LIMIT, WARM_LIMIT = 45.0, 3.0  # seconds wanted: first step with an empty cache; excess in a second process
STEADY_STEPS = 5

PROCESS = """
import json, sys, time
begun = time.perf_counter()
import numpy as np
import npseg
import npseg.train
from npseg import kernels
rng = np.random.default_rng(0)
images = rng.standard_normal((4, 256, 256, 3), np.float32)
labels = rng.integers(0, 21, (4, 256, 256))
model = npseg.create_model("unet", in_channels=3, num_classes=21, base_channels=32)
model.train()
optimizer = npseg.optim.Adam(model.parameters(), lr=1e-3)
loss = npseg.losses.cross_entropy
trainer = npseg.train.Trainer(model, lambda step: (images, labels), loss=loss, optimizer=optimizer)
def step():
    before = time.perf_counter()
    if sys.argv[2] == "alone":
        trainer.train_step((images, labels))
    else:
        trainer.fit(1)
    return time.perf_counter() - before
imports = time.perf_counter() - begun
busy = time.process_time()
first = step()
busy = time.process_time() - busy
counts = kernels.compiling.counts()
print(json.dumps({
    "imports_and_model": imports, "first_step": first, "first_step_processor": busy,
    "steady_steps": [step() for _ in range(int(sys.argv[1]))],
    "compiled": counts.compiled, "loaded": counts.loaded,
}))
"""


def measure(cache: str, how: str) -> dict:
    """One fresh process with its kernels in `cache`; seconds."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "NPSEG_KERNEL_CACHE": "1"}
    command = [sys.executable, "-c", PROCESS, str(STEADY_STEPS), how]
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit("compile_time: the process ended with an error; it is above")
    found = json.loads(ran.stdout)
    found["steady_step"] = statistics.median(found["steady_steps"])
    found["excess"] = found["imports_and_model"] + found["first_step"] - found["steady_step"]
    return found


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("compile_time.json"))
    parser.add_argument("--alone", action="store_true", help="one process compiles everything")
    options = parser.parse_args()
    how = "alone" if options.alone else "shared"
    with tempfile.TemporaryDirectory() as cache:
        runs = {"empty cache": measure(cache, how), "second process": measure(cache, how)}
    for name, run in runs.items():
        print(
            f"{name:15}  imports and model {run['imports_and_model']:5.1f} s  first step {run['first_step']:6.1f} s "
            f"({run['first_step_processor']:.1f} s of processors)  "
            f"steady step {run['steady_step']:5.2f} s  kernels compiled {run['compiled']}, loaded {run['loaded']}"
        )
    cold, warm = runs["empty cache"]["first_step"], runs["second process"]["excess"]
    print(f"the first step with an empty cache took {cold:.1f} s (at most {COLD_LIMIT:.0f} wanted)")
    print(f"a second process needs {warm:.1f} s more than a steady step (at most {WARM_LIMIT:.0f} wanted)")
    result = {
        "seconds": runs,
        "cold_first_step": cold,
        "second_process_excess": warm,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "versions": versions("npseg", "numpy", "numba", "scipy"),
    }
    options.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
