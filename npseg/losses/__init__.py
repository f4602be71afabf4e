"""Training objectives: functions of (logits, labels) that return a scalar tensor."""

from __future__ import annotations

from npseg.losses.cross_entropy import cross_entropy
from npseg.losses.dice import soft_dice
from npseg.losses.focal import focal
from npseg.losses.sums import Sum, Term, build

__all__ = ["Sum", "Term", "build", "cross_entropy", "focal", "soft_dice"]
