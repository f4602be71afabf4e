"""`load` a data set by its name or its folder."""

from __future__ import annotations

from pathlib import Path

from npseg.data.config import DataConfig
from npseg.data.dataset import DataSource

__all__ = ["load"]


def load(source: str | Path, config: DataConfig | None = None) -> DataSource:
    from npseg.data.shapes import load_shapes

    return load_shapes(config or DataConfig())
