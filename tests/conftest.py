"""Settings for all tests: Hypothesis without deadlines, since compiling makes first calls slow.

`NPSEG_HYPOTHESIS_PROFILE=nightly` draws many more examples.
"""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("NPSEG_HYPOTHESIS_PROFILE", "dev"))
if os.environ.get("CI"):  # Hypothesis's own CI profile is derandomised and prints what reproduces a failure
    settings.register_profile("npseg-ci", settings.get_profile("ci"), max_examples=25, deadline=None)
    settings.load_profile("npseg-ci")


@pytest.fixture
def module_here(tmp_path, monkeypatch):
    """A function that writes a user's module into an empty current directory, under a name that nothing holds yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    names = []

    def write(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text)
        sys.modules.pop(name, None)
        names.append(name)

    yield write
    for name in names:
        sys.modules.pop(name, None)
