"""Reads every file of laws, which enters them into the register."""

from __future__ import annotations

import npseg.laws.overlap.absence
import npseg.laws.overlap.aggregation
import npseg.laws.overlap.bounds
import npseg.laws.overlap.correcting
import npseg.laws.overlap.counting
import npseg.laws.overlap.ignoring
import npseg.laws.overlap.invariance
import npseg.laws.overlap.relations
import npseg.laws.overlap.states  # noqa: F401
