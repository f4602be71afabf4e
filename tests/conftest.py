"""Settings for all tests: Hypothesis without deadlines, since compiling makes first calls slow.

`NPSEG_HYPOTHESIS_PROFILE=nightly` draws many more examples.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("NPSEG_HYPOTHESIS_PROFILE", "dev"))
if os.environ.get("CI"):  # Hypothesis's own CI profile is derandomised and prints what reproduces a failure
    settings.register_profile("npseg-ci", settings.get_profile("ci"), max_examples=25, deadline=None)
    settings.load_profile("npseg-ci")
