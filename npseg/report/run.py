"""The page of one `npseg train` run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from npseg.report.contents import RunResults

__all__ = ["read_history", "write_run_report"]


def read_history(path: str | Path) -> list[dict[str, Any]]:
    """Records of a `metrics.jsonl`."""
    raise NotImplementedError


def write_run_report(path: str | Path, results: RunResults) -> Path:
    """Write the page and return its path."""
    raise NotImplementedError
