"""Metrics with faults planted in them: what the laws are tested with, and a list of ways to get a metric wrong."""

from __future__ import annotations

from npseg.laws.mutants.matrix import KillTable, who_kills_whom
from npseg.laws.mutants.mutant import Mutant

__all__ = ["KillTable", "Mutant", "all_mutants", "who_kills_whom"]


def all_mutants() -> list[Mutant]:
    """Every mutant of every family.

    >>> {mutant.name: mutant.fault for mutant in all_mutants()}["absent-is-one"]
    'A class that occurs nowhere counts as 1, though it is said to be left out.'
    """
    from npseg.laws.mutants.accumulating import accumulating_mutants
    from npseg.laws.mutants.boundaries import boundary_mutants
    from npseg.laws.mutants.distance import distance_mutants
    from npseg.laws.mutants.formulas import formula_mutants
    from npseg.laws.mutants.layers import layer_mutants
    from npseg.laws.mutants.losses import loss_mutants
    from npseg.laws.mutants.objectives import objective_mutants
    from npseg.laws.mutants.operators import operator_mutants
    from npseg.laws.mutants.overlap import overlap_mutants
    from npseg.laws.mutants.panoptic import panoptic_mutants
    from npseg.laws.mutants.scores import score_mutants

    return [
        *overlap_mutants(),
        *score_mutants(),
        *formula_mutants(),
        *accumulating_mutants(),
        *distance_mutants(),
        *boundary_mutants(),
        *panoptic_mutants(),
        *loss_mutants(),
        *objective_mutants(),
        *operator_mutants(),
        *layer_mutants(),
    ]
