"""The page of `npseg demo`: several models on one data set, side by side."""

from __future__ import annotations

from pathlib import Path

from npseg.report.contents import DemoResults

__all__ = ["write_demo_report"]


def write_demo_report(path: str | Path, results: DemoResults) -> Path:
    """Write the page and return its path."""
    raise NotImplementedError
