"""The companion compiles what the first training step needs, and nothing depends on it."""

import json
import os
import subprocess
import sys

import numba
import pytest

from npseg import config, kernels
from npseg.train import ahead

compiled = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")

# All jobs, then a step of the U-Net of the benchmarks: which kernels did the step compile or load by itself?
BOTH = """
import json, os
import numpy as np
import npseg
from npseg.kernels import compiling
from npseg.train import ahead

def known():
    found = [(one.py_func, types) for one in compiling._registered for types in one.signatures]
    return {f"{function.__module__}.{function.__name__} {types}" for function, types in found}

ahead._work(os.getppid())
before = known()
model = npseg.create_model("unet", in_channels=3, num_classes=3, base_channels=32).train()
optimizer = npseg.optim.Adam(model.parameters())
images, labels = np.zeros((2, 128, 128, 3), np.float32), np.zeros((2, 128, 128), np.int64)
npseg.losses.cross_entropy(model(npseg.Tensor(images)), labels).backward()
optimizer.step()
print(json.dumps(sorted(known() - before)))
"""


@compiled
def test_the_step_is_left_with_its_own_share():
    ran = subprocess.run([sys.executable, "-c", BOTH], capture_output=True, text=True, check=True)
    left = {name.split()[0].removeprefix("npseg.kernels.") for name in json.loads(ran.stdout)}
    # What the step itself compiles while the companion begins at the other end.
    helpers = {"winograd._output_tile", "winograd._weight_panel"}
    first = {"winograd.transform_weights", "winograd.forward_by_tiles", "norm._moments", "norm.affine", "pool.maximum"}
    assert left <= first | helpers


@compiled
def test_it_is_called_only_where_there_is_something_to_compile(monkeypatch):
    started = []
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda *arguments, **options: started.append(arguments) or _Done())
    monkeypatch.setattr(ahead.kernels.threads, "count", lambda: 2)
    monkeypatch.setattr(ahead.kernels.compiling, "kept", lambda loop: True)
    with ahead.companion():
        pass
    assert not started
    monkeypatch.setattr(ahead.kernels.compiling, "kept", lambda loop: False)
    with ahead.companion():
        assert len(started) == 1
    with config.use(threads=1):
        monkeypatch.undo()
        with ahead.companion():
            pass
    assert len(started) == 1


def test_no_room_for_a_process_is_no_error(monkeypatch):
    def refuse(*arguments, **options):
        raise OSError("no more processes")

    monkeypatch.setattr(ahead.subprocess, "Popen", refuse)
    monkeypatch.setattr(ahead.kernels.threads, "count", lambda: 2)
    monkeypatch.setattr(ahead.kernels.compiling, "kept", lambda loop: False)
    with ahead.companion():
        pass


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="no sessions of a terminal")
def test_the_ctrl_c_of_a_terminal_does_not_reach_it(monkeypatch):
    started, popen = [], subprocess.Popen
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[0])
    monkeypatch.setattr(ahead.kernels.threads, "count", lambda: 2)
    monkeypatch.setattr(ahead.kernels.compiling, "kept", lambda loop: False)
    monkeypatch.setattr(ahead, "_RUN", "import time; time.sleep(60)")
    with ahead.companion():
        assert os.getsid(started[0].pid) != os.getsid(0)
    assert started[0].returncode is not None


def test_without_its_parent_it_ends(monkeypatch):
    done = []
    monkeypatch.setattr(ahead, "_jobs", lambda: iter([lambda: done.append(1)]))
    ahead._work(os.getppid() + 1)
    assert not done
    ahead._work(os.getppid())
    assert done


@compiled
def test_what_is_on_disk_counts_as_kept(tmp_path):
    assert kernels.compiling.kept(kernels.conv.padded)  # a plain function: never compiled
    code = "from npseg import kernels; print(kernels.compiling.kept(kernels.shape.copy_columns))"
    run = {"args": [sys.executable, "-c", code], "stdout": subprocess.PIPE, "text": True, "check": True}
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    assert subprocess.run(**run, env=environment).stdout.strip() == "False"
    fill = (
        "import numpy as np; from npseg import kernels; x = np.ones((2, 2)); kernels.shape.copy_columns(x, 0, x, 0, 2)"
    )
    subprocess.run([sys.executable, "-c", fill], env=environment, check=True)
    assert subprocess.run(**run, env=environment).stdout.strip() == "True"
    without = {**environment, "NPSEG_KERNEL_CACHE": "0"}
    assert subprocess.run(**run, env=without).stdout.strip() == "True"


class _Done:
    def terminate(self):
        pass

    def wait(self):
        pass
