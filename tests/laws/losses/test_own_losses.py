"""A user's own loss becomes a target, and what breaks it is printed as a programme that needs no npseg."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.errors import ArgumentError
from npseg.laws import LAWS, examine, programme
from npseg.laws.adapters.own_loss import loss_target

STUDENT = '''
import numpy as np

EPSILON = 1e-12


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(scores, target, ignore_label=255, weight=None):
    """Of (N, C, H, W); divides by all pixels, the ignored ones too."""
    keep = target != ignore_label
    p = np.take_along_axis(softmax(scores), np.where(keep, target, 0)[:, None], axis=1)[:, 0]
    return -(keep * np.log(p + EPSILON)).sum() / target.size
'''


def run_without_npseg(text, folder):
    blocked = "import sys\nfor name in ('npseg', 'hypothesis'):\n    sys.modules[name] = None\n"
    done = subprocess.run(
        [sys.executable, "-c", blocked + text], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_counterexample_reproduces_without_npseg(tmp_path, monkeypatch):
    (tmp_path / "student_loss.py").write_text(STUDENT)
    monkeypatch.syspath_prepend(tmp_path)
    target = loss_target("student_loss:cross_entropy")
    tried = [LAWS["loss-ignoring-is-deleting"], LAWS["cross-entropy-as-defined"]]
    verdict = examine(target, laws=tried, max_examples=60)
    assert len(verdict.failures) == 2
    for trial in verdict.failures:
        assert run_without_npseg(programme(target, trial), tmp_path) == trial.reason


SHARE = 0.5
WEIGHTS = np.array([SHARE, 1.0])


def test_a_function_that_cannot_be_imported_is_printed_whole(tmp_path):
    def forgets_a_class(logits, labels):
        z = logits - logits.max(-1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
        weights = WEIGHTS[(labels > 0).astype(int)] / SHARE
        return -(np.take_along_axis(log_p, labels[..., None], -1)[..., 0] * weights).mean()

    target = loss_target(forgets_a_class)
    (trial,) = examine(target, laws=[LAWS["loss-order-of-classes-irrelevant"]], max_examples=40).failures
    text = programme(target, trial)
    assert "def forgets_a_class" in text
    assert "SHARE = 0.5\n" in text
    assert run_without_npseg(text, tmp_path) == trial.reason


@pytest.mark.parametrize("layout", ["nhwc", "nchw", "rows"])
def test_the_layout_is_found_by_trying(layout):
    axis = {"nhwc": -1, "nchw": 1, "rows": 1}[layout]

    def loss(logits, labels):
        if layout == "rows" and logits.ndim != 2:
            raise ValueError("rows of logits are wanted")
        z = logits - logits.max(axis, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis, keepdims=True))
        return -np.take_along_axis(log_p, np.expand_dims(labels, axis), axis).mean()

    target = loss_target(loss, measure="cross_entropy")
    logits, labels = np.arange(24.0).reshape(1, 2, 3, 4) % 5, np.array([[[0, 1, 2], [3, 0, 1]]])
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = -np.take_along_axis(log_p, labels[..., None], -1).mean()
    assert target.measures["cross_entropy"](logits, labels) == pytest.approx(expected)


@pytest.mark.torch
def test_a_loss_of_tensors_brings_its_gradient():
    torch = pytest.importorskip("torch")

    def focal_loss(inputs, targets, gamma=2.0, ignore_index=-100):
        ce = torch.nn.functional.cross_entropy(inputs, targets, reduction="none", ignore_index=ignore_index)
        kept = targets != ignore_index
        return ((1 - torch.exp(-ce)) ** gamma * ce)[kept].sum() / kept.sum().clamp(min=1)

    target = loss_target(focal_loss)
    assert set(target.measures) == {"focal", "focal_gamma", "focal_gradient"}
    verdict = examine(target, max_examples=3)
    assert not verdict.failures, [(one.law.name, one.reason) for one in verdict.failures]
    assert verdict.conventions["focal"]["reduction"] == "mean"


@pytest.mark.torch
def test_a_loss_of_tensors_that_detaches_is_found():
    torch = pytest.importorskip("torch")

    def focal_loss(inputs, targets):
        ce = torch.nn.functional.cross_entropy(inputs, targets, reduction="none")
        return ((1 - torch.exp(-ce.detach())) ** 2 * ce).mean()

    broken = {one.law.name for one in examine(loss_target(focal_loss), max_examples=8).failures}
    assert broken == {"loss-gradient-is-the-slope"}


def test_a_gradient_of_its_own_is_tried():
    def loss(logits, labels):
        z = logits - logits.max(-1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
        return -np.take_along_axis(log_p, labels[..., None], -1).mean()

    def gradient(labels, logits):
        p = np.exp(logits - logits.max(-1, keepdims=True))
        return p / p.sum(-1, keepdims=True) - np.eye(logits.shape[-1])[labels]

    broken = {one.law.name for one in examine(loss_target(loss, gradient, measure="loss"), max_examples=8).failures}
    assert broken == {"loss-gradient-is-the-slope"}  # the mean is forgotten


@pytest.mark.parametrize(
    "function, words",
    [
        (lambda logits, labels: 0.0, "define a function with def"),
        (dict, "is a class"),
        ("nothing", "expected a target written module:callable"),
    ],
)
def test_what_is_no_function_is_refused_in_words(function, words):
    with pytest.raises(ArgumentError, match=words):
        loss_target(function)


def test_arguments_that_say_nothing_are_refused_in_words():
    def loss(logits, labels, temperature):
        return 0.0

    with pytest.raises(ArgumentError, match=r"needs temperature, and what that means is unknown; give it a default"):
        loss_target(loss)


def plain(logits, labels):
    return float(logits.sum())


def test_an_unknown_measure_or_layout_is_refused_in_words():
    with pytest.raises(ArgumentError, match="measure is 'ce'; it must be one of cross_entropy, focal"):
        loss_target(plain, measure="ce")
    with pytest.raises(ArgumentError, match="layout is 'chw'; it must be one of nhwc, nchw, rows"):
        loss_target(plain, layout="chw")


def test_a_loss_of_no_form_is_refused_with_all_that_was_tried():
    def loss(logits, labels):
        raise ValueError("three axes are wanted")

    with pytest.raises(ArgumentError, match=textwrap.dedent(r"\(N, H, W, C\), arrays: ValueError: three axes")):
        loss_target(loss)
