"""What several tests of laws share (`planted.py`) are plain modules beside the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import npseg

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def planted(module_here, tmp_path):
    """A working directory with `planted_metrics.py` in it, which nobody has imported yet."""
    from planted import MODULE

    module_here("planted_metrics", MODULE)
    return tmp_path


@pytest.fixture
def run_pytest():
    """Run pytest in a process of its own with the plugin alone, as an installation without other plugins would."""

    def run(*arguments):
        root = Path(npseg.__file__).parent.parent
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(root), "COLUMNS": "120"}
        environment.pop("PYTEST_ADDOPTS", None)
        command = [sys.executable, "-m", "pytest", "-p", "npseg.pytest_plugin", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    return run
