"""The front door: links lead somewhere, and what it shows runs."""

from __future__ import annotations

import re
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


def test_nothing_is_left_to_fill_in() -> None:
    assert not re.findall(r"\b[A-Z]{3,}_[A-Z_]+\b", TEXT)
