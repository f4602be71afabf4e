"""Reads every file of laws, which enters them into the register."""

from __future__ import annotations

import npseg.laws.overlap.bounds  # noqa: F401
