"""Laws of segmentation metrics, losses and operators, to be tried on any implementation.

A law is a mathematical property that every right implementation has. Point them at a metric (ours, a library's, your
own) and each law holds, fails with the smallest counterexample, or does not apply and why.

>>> from npseg.laws import Target, examine
>>> def accuracy(y_true, y_pred, num_classes, ignore_index=None):
...     return float((y_true == y_pred).mean())
>>> verdict = examine(Target("my accuracy", {"pixel_accuracy": accuracy}), max_examples=20)
>>> "ignoring-is-deleting" in [trial.law.name for trial in verdict.failures]  # it counts ignored pixels as wrong
True
"""

from __future__ import annotations

from npseg.errors import MissingExtraError

try:
    import hypothesis  # noqa: F401
except ImportError as error:
    raise MissingExtraError('npseg.laws: needs Hypothesis; install it with: pip install "npseg[laws]"') from error

import npseg.laws.catalogue  # noqa: F401 - the laws enter the register when their files are read
from npseg.laws.engine import Trial
from npseg.laws.examination import Verdict, examine
from npseg.laws.law import LAWS, Code, Law, law
from npseg.laws.pytest_marks import parametrize
from npseg.laws.reproduction import programme
from npseg.laws.target import Target, Unsupported

__all__ = [
    "LAWS", "Code", "Law", "Target", "Trial", "Unsupported", "Verdict", "examine", "law", "parametrize", "programme",
]  # fmt: skip
