"""What came of an examination, as text and as plain data; `npseg.report.laws` makes a page of the latter."""

from __future__ import annotations

from npseg.laws.report.document import DOCUMENT, document, joined
from npseg.laws.report.explanation import explanation, listing
from npseg.laws.report.findings import Findings, counterexample
from npseg.laws.report.matrix import matrix, matrix_text
from npseg.laws.report.text import findings_text, summary

__all__ = [
    "DOCUMENT", "Findings", "counterexample", "document", "explanation", "findings_text", "joined", "listing",
    "matrix", "matrix_text", "summary",
]  # fmt: skip
