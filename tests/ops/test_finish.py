"""What becomes of the sums of a convolution as they are written, by every way to compute them."""

from __future__ import annotations

import numpy as np
import pytest

from npseg import config
from npseg.ops import conv_passes, conv_plan
from npseg.reference import conv as reference
from npseg.shapes import Window


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("algorithm", ["direct", "columns", "winograd2", "winograd4"])
def test_scale_shift_and_both_bounds(algorithm, groups, monkeypatch):
    rng = np.random.default_rng(0)
    features = 36 if groups < 6 else 6  # more than one panel, or one output a channel
    x, weight = rng.standard_normal((2, 6, 7, 6)), rng.standard_normal((3, 3, 6 // groups, features))
    scale, shift = rng.uniform(-2, 2, features), rng.standard_normal(features)
    low, high = rng.uniform(-2, -1, features), rng.uniform(1, 2, features)
    expected = np.clip(reference.conv2d(x, weight, padding=1, groups=groups) * scale + shift, low, high)
    x[0, 2, 2, 0] = np.nan
    if algorithm == "columns":
        monkeypatch.setattr(conv_plan, "HEAVY_WEIGHTS", 0)
        monkeypatch.setattr(conv_plan, "min", lambda weights, most: most, raising=False)
    forced = "direct" if algorithm == "columns" else algorithm
    window = Window(3, 3, 1, 1, 1, 1, 1, 1)
    with config.use(conv_algorithm=forced, precision="fast"):
        if groups == 1:
            assert conv_plan.plan(2, 6, 7, 6, features, window, 8).algorithm == algorithm.rstrip("24")
        table = conv_passes.affine(features, x.dtype, scale, shift, low, high)
        found = conv_passes.forward(x, weight, (6, 7), window, groups, table)
    known = np.isfinite(found)  # one number that is none shows in its surroundings, and in no other image
    assert known[1].all()
    assert not known[0, 1:4, 1:4, 0].any()
    np.testing.assert_allclose(found[known], expected[known], atol=1e-10)
