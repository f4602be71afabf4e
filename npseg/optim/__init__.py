"""Update rules, schedules of the learning rate, and what goes with them."""

from __future__ import annotations

from npseg.optim.adam import Adam, AdamW
from npseg.optim.clipping import clip_grad_norm
from npseg.optim.groups import decay_groups
from npseg.optim.optimizer import Optimizer
from npseg.optim.schedules import Schedule, constant, cosine, make_schedule, one_cycle, poly
from npseg.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Optimizer",
    "Schedule",
    "clip_grad_norm",
    "constant",
    "cosine",
    "decay_groups",
    "make_schedule",
    "one_cycle",
    "poly",
]
