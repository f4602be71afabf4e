"""Reports: one HTML file each, with nothing to load from elsewhere and nothing to execute.

Pictures and charts are PNG inside the page; text is escaped; light and dark follow the reader's setting.
"""

from __future__ import annotations

from npseg.report.contents import Curve, DemoResults, Example, Legend, ModelResult, RunResults
from npseg.report.demo import write_demo_report
from npseg.report.laws import write_laws_report
from npseg.report.run import read_history, write_run_report

__all__ = [
    "Curve",
    "DemoResults",
    "Example",
    "Legend",
    "ModelResult",
    "RunResults",
    "read_history",
    "write_demo_report",
    "write_laws_report",
    "write_run_report",
]
