"""A real process, really killed at random moments, ends with the bits of one left alone."""

from __future__ import annotations

import random
import subprocess
import sys
import time

import pytest

from npseg.train import read_checkpoint, train_run

PROGRAM = """
import json, sys
from npseg.train import Layer, train_run
train_run([Layer("tiny", json.loads(sys.argv[1]))], sys.argv[2], resume=True)
"""


@pytest.mark.slow
def test_sigkill_at_random_moments(tiny, tmp_path):
    import json

    changes = {"train.steps": 150, "train.eval_every": 7, "train.checkpoint_every": 5}
    settings = dict(tiny(**changes)[0].values)
    train_run(tiny(**changes), tmp_path / "straight")
    out, rng, kills = tmp_path / "killed", random.Random(0), 0
    command = [sys.executable, "-c", PROGRAM, json.dumps(settings), str(out)]
    for _ in range(40):
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        before = _step(out)
        deadline = time.monotonic() + 120
        # Wait until this process is at work, then a random while.
        while process.poll() is None and _step(out) in (None, before) and time.monotonic() < deadline:
            time.sleep(0.002)
        try:
            _, words = process.communicate(timeout=rng.uniform(0, 0.3))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            continue
        assert process.returncode == 0, words.decode()
        break
    assert kills >= 2
    for name in ("last.safetensors", "best.safetensors", "config.json"):
        assert (out / name).read_bytes() == (tmp_path / "straight" / name).read_bytes(), name
    assert not list(out.glob("*.part"))


def _step(out):
    try:
        return read_checkpoint(out / "last.safetensors").step
    except Exception:
        return None
