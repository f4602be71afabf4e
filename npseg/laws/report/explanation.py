"""Laws as a person reads them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from npseg.laws.conventions import CONVENTIONS
from npseg.laws.law import Law

__all__ = ["explanation", "listing"]


def listing(laws: Iterable[Law], *, width: int = 100) -> str:
    """Number, name and statement of each."""
    laws = list(laws)
    left = max((len(law.name) for law in laws), default=0) + 7
    lines = []
    for law in laws:
        folded = textwrap.wrap(law.statement, max(width - left, 30)) or [""]
        lines.append(f"{law.number:>3}  {law.name:{left - 7}}  {folded[0]}")
        lines += [" " * left + more for more in folded[1:]]
    return "\n".join(lines)


def explanation(law: Law, *, width: int = 100) -> str:
    """All that a law says of itself."""
    facts = {
        "statement": law.statement,
        "symbols": law.symbols,
        "source": law.source,
        "measures": ", ".join(law.of) or " with ".join(law.needs),
    }
    lines = [f"law {law.number}, {law.name} ({law.family})"]
    for name, text in facts.items():
        lines += textwrap.wrap(text, width, initial_indent=f"  {name + ':':11}", subsequent_indent=" " * 13)
    for name, values in law.presumes.items():
        for value in values:
            words = f"{name}={value}: {CONVENTIONS[name][str(value)]}" if name in CONVENTIONS else f"{name}={value}"
            lines += textwrap.wrap(words, width, initial_indent=f"  {'presumes:':11}", subsequent_indent=" " * 13)
    return "\n".join(lines)
