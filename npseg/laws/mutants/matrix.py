"""Which law finds which planted fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from npseg.laws.examination import Verdict, examine
from npseg.laws.law import LAWS, Law
from npseg.laws.mutants.mutant import Mutant

__all__ = ["KillTable", "who_kills_whom"]


@dataclass(frozen=True)
class KillTable:
    """The laws that each mutant breaks."""

    verdicts: Mapping[str, Verdict]
    """By the name of the mutant."""
    faults: Mapping[str, str]
    laws: tuple[Law, ...]

    @property
    def killers(self) -> dict[str, list[str]]:
        """Names of the laws that find each mutant."""
        return {
            name: list(dict.fromkeys(trial.law.name for trial in verdict.failures))
            for name, verdict in self.verdicts.items()
        }

    @property
    def survivors(self) -> list[str]:
        """Mutants that no law finds."""
        return [name for name, laws in self.killers.items() if not laws]

    @property
    def idle(self) -> list[str]:
        """Laws that find no mutant."""
        busy = {law for laws in self.killers.values() for law in laws}
        return [law.name for law in self.laws if law.name not in busy]

    def table(self) -> str:
        """A line for each mutant: what is wrong with it, and the laws that find it."""
        lines = []
        for name, laws in self.killers.items():
            lines += [f"{name}: {self.faults[name]}", f"    {', '.join(laws) or 'SURVIVES'}"]
        killed = len(self.verdicts) - len(self.survivors)
        lines.append(f"{killed} of {len(self.verdicts)} mutants are killed.")
        lines.append(f"Laws that kill none: {', '.join(self.idle) or 'none'}.")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "mutants": [
                {"name": name, "fault": self.faults[name], "killed_by": laws} for name, laws in self.killers.items()
            ],
            "laws": [law.name for law in self.laws],
            "survivors": self.survivors,
            "idle_laws": self.idle,
        }


def who_kills_whom(
    mutants: Sequence[Mutant],
    *,
    laws: Sequence[Law] | None = None,
    max_examples: int = 100,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> KillTable:
    """Try every law on every mutant; `progress` is told the name of each mutant before its trials."""
    import npseg.laws.catalogue  # noqa: F401 - the laws enter the register when their files are read

    tried = tuple(sorted(LAWS.values(), key=lambda law: law.number) if laws is None else laws)
    verdicts = {}
    for mutant in mutants:
        if progress is not None:
            progress(mutant.name)
        verdicts[mutant.name] = examine(mutant.target, laws=tried, max_examples=max_examples, seed=seed)
    return KillTable(verdicts, {mutant.name: mutant.fault for mutant in mutants}, tried)
