"""`python -m npseg.cli`."""

from __future__ import annotations

from npseg.cli import main

main()
