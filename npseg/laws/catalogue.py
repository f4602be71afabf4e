"""Reads every file of laws, which enters them into the register."""

from __future__ import annotations

import npseg.laws.distance.bands
import npseg.laws.distance.empties
import npseg.laws.distance.invariance
import npseg.laws.distance.metric
import npseg.laws.distance.oracle
import npseg.laws.distance.percentiles
import npseg.laws.distance.scaling
import npseg.laws.distance.tolerances
import npseg.laws.losses.bounds
import npseg.laws.losses.definitions
import npseg.laws.losses.gradients
import npseg.laws.losses.ignoring
import npseg.laws.losses.reduction
import npseg.laws.losses.symmetry
import npseg.laws.losses.truth
import npseg.laws.losses.weights
import npseg.laws.operators.adjoints
import npseg.laws.operators.definitions
import npseg.laws.operators.geometry
import npseg.laws.operators.handling
import npseg.laws.operators.large
import npseg.laws.operators.linearity
import npseg.laws.operators.resizing
import npseg.laws.overlap.absence
import npseg.laws.overlap.aggregation
import npseg.laws.overlap.bounds
import npseg.laws.overlap.correcting
import npseg.laws.overlap.counting
import npseg.laws.overlap.definitions
import npseg.laws.overlap.ignoring
import npseg.laws.overlap.invariance
import npseg.laws.overlap.many_classes
import npseg.laws.overlap.out_of_range
import npseg.laws.overlap.relations
import npseg.laws.overlap.representation
import npseg.laws.overlap.states
import npseg.laws.panoptic.crowds
import npseg.laws.panoptic.definition
import npseg.laws.panoptic.identities
import npseg.laws.panoptic.matching
import npseg.laws.panoptic.pooling
import npseg.laws.panoptic.symmetries
import npseg.laws.panoptic.unseen
import npseg.laws.panoptic.void  # noqa: F401
