"""Losses against their definitions, one pixel at a time."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.comparing import differ
from npseg.laws.law import law

SOFTMAX = {"activation": ("softmax",)}


def log_probability(logits, label):
    """The logarithm of the softmax of one pixel's logits at the label."""
    highest = max(logits)
    return logits[label] - highest - math.log(sum(math.exp(z - highest) for z in logits))


def one_pixel(**settings):
    """Cases of a single pixel, where a mean and a sum are the same."""
    return strategies.loss_cases(images=(1, 1), sides=(1, 1), kinds=strategies.KINDS, **settings)


@law(
    69,
    "cross-entropy-as-defined",
    family="loss",
    of=("cross_entropy",),
    statement="One pixel costs minus the logarithm of the softmax at its label, for logits of any size.",
    symbols="L(z, t) = log sum_c exp z_c - z_t",
    source="The definition.",
    draw=one_pixel,
    presumes=SOFTMAX,
)
def cross_entropy_as_defined(score, tolerance, logits, labels):
    value = score(logits, labels)
    expected = -log_probability(logits[0, 0, 0].tolist(), int(labels[0, 0, 0]))
    if differ(value, expected, tolerance):
        return f"the loss is {value}; by the definition it is {expected}"


@law(
    151,
    "focal-of-one-gamma",
    family="loss",
    of=("focal",),
    statement="One pixel of two classes costs (1 - p)^gamma times its cross-entropy, and perhaps a factor, with the "
    "same gamma and factor at every p.",
    symbols="L(p) = -a (1 - p)^g log p, with a and g from L(1/2) and L(1/4)",
    source="Lin et al. 2017, Focal loss for dense object detection, equations 4 and 5.",
    draw=lambda: st.builds(lambda step, label: {"step": step, "label": label}, st.integers(-12, 12), st.integers(0, 1)),
    presumes=SOFTMAX,
)
def focal_of_one_gamma(score, tolerance, step, label):
    def cost(logit):
        """Of a pixel whose label has the logit, the other class 0."""
        logits = np.zeros((1, 1, 1, 2))
        logits[..., label] = logit
        return float(score(logits, np.full((1, 1, 1), label)))

    half, quarter = cost(0.0) / math.log(2), cost(-math.log(3)) / math.log(4)
    if not (half > 0 and quarter > 0):
        return f"a pixel with p = 1/2 costs {cost(0.0)}, one with p = 1/4 costs {cost(-math.log(3))}"
    gamma = math.log(half / quarter) / math.log(2 / 3)
    factor = half * 2**gamma
    p = 1 / (1 + math.exp(-step / 4))
    expected = -factor * (1 - p) ** gamma * math.log(p)
    if differ(cost(step / 4), expected, 100 * tolerance):  # gamma is a quotient of differences
        return (
            f"p = 1/2 and p = 1/4 speak for gamma = {gamma:.4g} and a factor of {factor:.4g}, with which p = {p:.4g} "
            f"would cost {expected}; it costs {cost(step / 4)}"
        )


@st.composite
def one_pixel_and_gamma(draw):
    """A pixel and an exponent."""
    return {**draw(one_pixel()), "gamma": draw(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5]))}


@law(
    68,
    "focal-as-defined",
    family="loss",
    of=("focal_gamma",),
    statement="One pixel costs (1 - p)^gamma times its cross-entropy; with gamma = 0, its cross-entropy.",
    symbols="L(z, t) = -(1 - p_t)^gamma log p_t",
    source="Lin et al. 2017, Focal loss for dense object detection, equation 4.",
    draw=one_pixel_and_gamma,
)
def focal_as_defined(score, tolerance, logits, labels, gamma):
    value = score(logits, labels, gamma=gamma)
    log_p = log_probability(logits[0, 0, 0].tolist(), int(labels[0, 0, 0]))
    expected = -((-math.expm1(log_p)) ** gamma) * log_p
    if differ(value, expected, tolerance):
        return f"the loss is {value}; by the definition it is {expected}"
