"""The front door: links lead somewhere, and what it shows runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", TEXT))))
def test_links_lead_to_files(target: str) -> None:
    assert (ROOT / target).exists(), f"README.md links to {target}, which is not there"


@pytest.mark.parametrize("code", re.findall(r"^ *```python\n(.*?)^ *```", TEXT, re.M | re.S))
def test_python_blocks_run(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    indent = len(code) - len(code.lstrip(" "))
    lines = [line[indent:] for line in code.splitlines()]
    # The same lines on less: one step in place of ten, and a small image.
    source = "\n".join(lines).replace("range(10)", "range(1)").replace("(2, 64, 64, 1)", "(2, 16, 16, 1)")
    exec(compile(source, "README.md", "exec"), {})


def test_the_metric_in_a_file_is_answered_as_printed(tmp_path: Path) -> None:
    shown = [
        textwrap.dedent(block)
        for block in re.findall(r"^ *```(?:python|text)\n(.*?)^ *```", TEXT, re.M | re.S)
        if "my_metrics:miou" in block or "def miou(" in block
    ]
    metric, answer = shown
    (tmp_path / "my_metrics.py").write_text(metric)
    (command,) = re.findall(r"`npseg (laws my_metrics:miou [^`]*)`", TEXT)
    done = subprocess.run(
        [sys.executable, "-m", "npseg.cli", *command.split()],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert without_numbers(done.stdout) == without_numbers(answer)


def without_numbers(text: str) -> str:
    """Another Hypothesis may find another case as small."""
    return " ".join(re.sub(r"\d+\.\d+|\[\[\[.*\]\]\]", "...", text).split())


def test_nothing_is_left_to_fill_in() -> None:
    assert not re.findall(r"\b[A-Z]{3,}_[A-Z_]+\b", TEXT)
