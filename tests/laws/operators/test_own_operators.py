"""A user's own operator becomes a target, and what breaks it is printed as a programme that needs no npseg."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.errors import ArgumentError
from npseg.laws import LAWS, examine, programme
from npseg.laws.adapters.own_operator import operator_target

STUDENT = '''
import numpy as np


def my_conv(images, filters, b, strides=1, pad=0):
    """Of (N, C, H, W) and (K, C, kh, kw). The kernel is flipped, and the bias comes twice."""
    n, c, h, w = images.shape
    k, _, kh, kw = filters.shape
    padded = np.pad(images, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((n, k, (h + 2 * pad - kh) // strides + 1, (w + 2 * pad - kw) // strides + 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            patch = padded[:, :, i * strides : i * strides + kh, j * strides : j * strides + kw]
            out[:, :, i, j] = np.einsum("nchw,kchw->nk", patch, filters[:, :, ::-1, ::-1]) + b
    return out + b[:, None, None]


def my_conv_backward(dout, images, filters, b, strides=1, pad=0):
    return np.zeros_like(images), np.zeros_like(filters), 2 * dout.sum(axis=(0, 2, 3))
'''


def run_without_npseg(text, folder):
    blocked = "import sys\nfor name in ('npseg', 'hypothesis'):\n    sys.modules[name] = None\n"
    done = subprocess.run(
        [sys.executable, "-c", blocked + text], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_students_convolution_in_pytorchs_layout(tmp_path, monkeypatch):
    (tmp_path / "student_conv.py").write_text(STUDENT)
    monkeypatch.syspath_prepend(tmp_path)
    target = operator_target("conv2d", "student_conv:my_conv", "student_conv:my_conv_backward")
    assert "(N, C, H, W)" in target.name
    tried = [LAWS[name] for name in (
        "convolution-as-defined", "bias-adds-once", "kernel-of-one-entry-shifts", "stride-subsamples",
        "dilation-is-a-kernel-with-zeros", "groups-do-not-mix", "padding-is-a-frame-of-zeros", "vjp-is-the-slope",
    )]  # fmt: skip
    verdict = examine(target, laws=tried, max_examples=40)
    outcomes = {one.law.name: one for one in verdict.trials}
    assert {name for name, one in outcomes.items() if one.outcome == "fails"} == {
        "convolution-as-defined", "bias-adds-once", "kernel-of-one-entry-shifts", "vjp-is-the-slope",
    }  # fmt: skip
    assert outcomes["groups-do-not-mix"].reason.startswith("my_conv takes no ")
    for name in ("bias-adds-once", "kernel-of-one-entry-shifts", "vjp-is-the-slope"):
        assert run_without_npseg(programme(target, outcomes[name]), tmp_path) == outcomes[name].reason


@pytest.mark.torch
def test_an_operator_of_tensors_brings_its_derivative():
    torch = pytest.importorskip("torch")

    def conv(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        return torch.nn.functional.conv2d(input, weight, bias, stride, padding, dilation, groups)

    target = operator_target("conv2d", conv)
    assert set(target.measures) == {"conv2d", "conv2d_vjp"}
    verdict = examine(target, max_examples=4)
    assert not verdict.failures, [(one.law.name, one.reason) for one in verdict.failures]


@pytest.mark.torch
def test_a_softmax_over_the_wrong_axis_is_found():
    torch = pytest.importorskip("torch")

    def softmax(x):
        return torch.softmax(x, dim=3)

    target = operator_target("softmax", softmax, layout="nchw")
    assert "softmax-as-defined" in {one.law.name for one in examine(target, max_examples=10).failures}


def test_pooling_without_a_stride_takes_windows_side_by_side():
    def pool(x, k):
        n, h, w, c = x.shape
        x = x[:, : h // k * k, : w // k * k].reshape(n, h // k, k, w // k, k, c)
        return x.max(axis=(2, 4))

    verdict = examine(operator_target("max_pool2d", pool), laws=[LAWS["maximum-pooling-as-defined"]], max_examples=40)
    assert [one.outcome for one in verdict.trials] == ["holds"]


def test_what_cannot_be_an_operator_is_refused_in_words():
    def resize(x, size):
        raise ValueError("not today")

    def conv(x, w, temperature):
        return x

    with pytest.raises(ArgumentError, match="there is no operator 'conv'; did you mean 'conv2d'"):
        operator_target("conv", conv)
    with pytest.raises(ArgumentError, match="needs temperature, and what that means is unknown"):
        operator_target("conv2d", conv)
    with pytest.raises(ArgumentError, match=r"takes no images of 5 x 7 pixels[^$]*ValueError: not today"):
        operator_target("resize", resize)
    with pytest.raises(ArgumentError, match="layout is 'hwc'; it must be one of nhwc, nchw"):
        operator_target("resize", resize, layout="hwc")
    with pytest.raises(ArgumentError, match="has no argument for size"):
        operator_target("resize", np.ndarray.__neg__.__get__)
