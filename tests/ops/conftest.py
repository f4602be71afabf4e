"""The declarations of the ops (`cases_*.py`, `op_case.py`) are plain modules beside the tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
