"""The reliability diagram is drawn whole, for empty bins and for no pixels too."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from PIL import Image

from npseg.errors import ArgumentError
from npseg.metrics.calibration.accumulator import reliability
from npseg.report.reliability import write_reliability_diagram

PAIR = [0, 1, 0, 1], np.array([[0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]])


@pytest.mark.parametrize("binning", ["width", "mass"])
def test_draws_what_it_is_given(binning, tmp_path):
    path = tmp_path / "diagram.png"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_reliability_diagram(path, reliability(*PAIR, bins=5, binning=binning), title="a $ and _b_ $")
    with Image.open(path) as picture:
        assert picture.size == (660, 690)
        assert len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 10
    assert [file.name for file in tmp_path.iterdir()] == ["diagram.png"]


def test_a_bin_without_width_is_seen(tmp_path):
    """A third of the pixels is equally sure: bins of equal mass begin and end there."""
    sure = np.r_[np.zeros(40), np.linspace(0.01, 1, 80)]
    result = reliability(np.arange(120) % 2, np.stack([sure, 1 - sure], axis=1), bins=6, binning="mass", label=0)
    assert result.edges[0] == result.edges[1] == 0
    assert result.counts[0] == 40
    write_reliability_diagram(tmp_path / "diagram.svg", result)
    text = (tmp_path / "diagram.svg").read_text()
    narrowest = _widths(text).min()
    assert narrowest > 1  # points
    total = 72 * 4.4
    assert narrowest < total / 50


def _widths(svg):
    """Of the closed four-sided paths, which are bars and frames."""
    found = re.findall(r'd="M (\S+) \S+ \nL (\S+) \S+ \nL \S+ \S+ \nL \S+ \S+ \nz', svg)
    return np.array([abs(float(b) - float(a)) for a, b in found])


def test_draws_nothing_counted(tmp_path):
    none = reliability(np.zeros(0, int), np.zeros((0, 2)))
    write_reliability_diagram(tmp_path / "none.SVG", none)
    assert "</svg>" in (tmp_path / "none.SVG").read_text()


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"diagram\.bmp ends in '\.bmp'; it must end in \.png"):
        write_reliability_diagram(tmp_path / "diagram.bmp", reliability(*PAIR))
