"""The checkerboard measure on signals whose answer is known, and the benchmark from end to end, tiny."""

from __future__ import annotations

import doctest
import importlib
import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import npseg
from npseg.infer import Predictor

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
# Without the compiler whole models take minutes, and they cover nothing of the package that other tests do not.
interpreted = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="whole models")


@pytest.fixture(scope="module")
def checkerboard():
    return _load("checkerboard")


@pytest.fixture(scope="module")
def upsampling():
    return _load("upsampling")


def _load(name):
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


def grid(side=64):
    return np.mgrid[:side, :side].astype(np.float64)


def stack(*maps):
    """Maps (H, W) as responses (N, H, W, 1)."""
    return np.stack(maps)[..., None]


def test_examples_of_the_measure(checkerboard):
    assert doctest.testmod(checkerboard).failed == 0


@given(level=st.floats(-100, 100), slopes=st.tuples(*[st.floats(-3, 3)] * 2))
def test_flat_and_sloping_responses_have_no_energy(checkerboard, level, slopes):
    rows, columns = grid()
    signal = stack(level + slopes[0] * rows + slopes[1] * columns)
    assert checkerboard.checkerboard_energy(signal, 16) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("wavelength", [64, 100, 200])
def test_slow_waves_have_hardly_any(checkerboard, wavelength):
    rows, columns = grid()
    for turn in (0.0, 0.4, 0.8):
        wave = np.sin(2 * np.pi * (np.cos(turn) * rows + np.sin(turn) * columns) / wavelength + 1)
        assert checkerboard.checkerboard_energy(stack(wave), 16) < 0.005


@given(period=st.sampled_from([2, 4, 8, 16]), seed=st.integers(0, 2**16))
def test_whatever_repeats_has_energy_one(checkerboard, period, seed):
    pattern = np.random.default_rng(seed).standard_normal((period, period))
    signal = stack(np.tile(pattern, (64 // period, 64 // period)))
    assert checkerboard.checkerboard_energy(signal, 16) == pytest.approx(1)


def test_stripes_count_in_either_direction(checkerboard):
    rows, columns = grid()
    for stripes in (rows % 2, columns % 2, rows % 4 < 2):
        assert checkerboard.checkerboard_energy(stack(stripes), 16) == pytest.approx(1)


def test_a_repetition_of_another_length_does_not_count(checkerboard):
    rows, _ = grid(180)
    assert checkerboard.checkerboard_energy(stack(np.cos(2 * np.pi * rows / 3)), 4) < 0.01
    assert checkerboard.checkerboard_energy(stack(np.cos(2 * np.pi * rows / 3)), 3) == pytest.approx(1)


@given(amplitude=st.floats(0.01, 10), shift=st.floats(-50, 50), scale=st.floats(0.01, 100))
def test_energy_is_the_share_of_a_planted_pattern(checkerboard, amplitude, shift, scale):
    rows, columns = grid()
    pattern = amplitude * (2 * ((rows + columns) % 2) - 1)
    signal = shift + scale * stack(pattern - 2, pattern + 2)
    share = amplitude**2 / (amplitude**2 + 4)
    assert checkerboard.checkerboard_energy(signal, 2) == pytest.approx(share, rel=1e-6)


def test_a_pattern_on_a_slow_wave_is_found(checkerboard):
    rows, columns = grid(128)
    pattern = 0.5 * (2 * ((rows + columns) % 2) - 1)
    wave = np.sin(2 * np.pi * rows / 112)  # the 112 rows that are left of 128: a whole wave, variance 1/2
    assert checkerboard.checkerboard_energy(stack(pattern + wave), 16) == pytest.approx(0.25 / 0.75, rel=0.01)


def test_noise_counts_by_one_part_in_the_number_of_periods(checkerboard):
    noise = np.random.default_rng(0).standard_normal((20, 68, 68, 2))
    assert checkerboard.checkerboard_energy(noise, 4) == pytest.approx(1 / 16**2, rel=0.15)


def test_the_pattern_comes_back_without_its_mean(checkerboard):
    pattern = np.random.default_rng(1).standard_normal((1, 4, 4, 2))
    found = checkerboard.grid_pattern(np.tile(pattern, (1, 5, 5, 1)) + 7, 4)
    # Counted from the first pixel that has a period around it.
    np.testing.assert_allclose(np.roll(found, 2, axis=(1, 2)), pattern - pattern.mean((1, 2)), atol=1e-12)


def model(upsampling, seed=0, depth=2):
    return npseg.create_model("unet", base_channels=4, depth=depth, upsampling=upsampling, num_classes=3, seed=seed)


def responses(checkerboard, network, depth=2):
    return checkerboard.respond(lambda image: Predictor(network).logits(image / np.float32(128) - 1), depth)


@interpreted
def test_bilinear_decoders_are_free_of_it_and_transposed_ones_are_not(checkerboard):
    smooth = checkerboard.checkerboard_energy(responses(checkerboard, model("bilinear")), 4)
    rough = checkerboard.checkerboard_energy(responses(checkerboard, model("transposed")), 4)
    assert smooth < 1e-9
    assert 0.01 < rough < 1


@interpreted
def test_the_border_is_out_of_sight(checkerboard):
    # Away from it, the response to a flat image is periodic to the last bits.
    answer = responses(checkerboard, model("pixel_shuffle"))
    assert answer.shape == (8, 16, 16, 3)
    np.testing.assert_allclose(answer[:, :12], answer[:, 4:], atol=1e-5)
    np.testing.assert_allclose(answer[:, :, :12], answer[:, :, 4:], atol=1e-5)


def test_flat_images_are_flat_and_of_eight_colours(checkerboard):
    images = checkerboard.flat_images(1)
    assert images.dtype == np.uint8
    assert np.all(images == images[:, :1, :1])
    assert len(np.unique(images[:, 0, 0], axis=0)) == 8


@interpreted
def test_the_benchmark_runs_from_end_to_end(upsampling, tmp_path, capsys):
    tiny = upsampling.Plan(base_channels=4, depth=1, crop_size=16, batch_size=1, scene_size=32, scenes=(3, 0, 2))
    upsampling.main(["--steps", "2", "--seeds", "2", "--out", str(tmp_path / "results")], tiny)
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("transposed", "bilinear", "pixel_shuffle"))
    result = json.loads((tmp_path / "results" / "upsampling.json").read_text())
    assert result["plan"]["steps"] == 2
    rows = {(row["upsampling"], row["skips"]): row for row in result["rows"]}
    assert len(rows) == len(result["rows"]) == 6
    for (upsampling_name, _), row in rows.items():
        assert row["step_ms"] > 0
        assert row["inference_ms"] > 0
        assert len(row["seeds"]) == 2
        for name in ("energy_untrained", "energy_trained", "miou", "boundary_f1"):
            assert 0 <= row[name] <= 1
            assert row[name] == pytest.approx(math.fsum(seed[name] for seed in row["seeds"]) / 2)
        assert (row["energy_untrained"] < 1e-9) == (upsampling_name == "bilinear")
        assert row["seeds"][0] != row["seeds"][1]
    for name in upsampling.UPSAMPLINGS:
        assert rows[name, False]["parameters"] < rows[name, True]["parameters"]
    assert (tmp_path / "results" / "upsampling.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"upsampling.json", "upsampling.png"}


@interpreted
def test_every_competitor_sees_the_same_batches(upsampling, monkeypatch):
    from npseg.train import Trainer

    seen = []
    plain = Trainer.train_step
    monkeypatch.setattr(Trainer, "train_step", lambda self, batch: (seen.append(id(batch)), plain(self, batch))[1])
    tiny = upsampling.Plan(
        steps=1, seeds=1, base_channels=2, depth=1, crop_size=16, batch_size=1, scene_size=16, scenes=(2, 0, 1)
    )
    upsampling.compare(tiny)
    assert len(seen) == 6
    assert len(set(seen)) == 1


def test_nonsense_counts_are_refused(upsampling, capsys):
    with pytest.raises(SystemExit):
        upsampling.main(["--seeds", "0"])
    assert "at least 1" in capsys.readouterr().err
