"""Every planted fault is found by a law, and every law finds one. The whole table: `npseg laws --mutants`.

`kills.json` is what that command wrote with --max-examples 40 --json tests/laws/kills.json (200 for band-too-narrow).
Trying every law on every mutant takes minutes; here each law is tried on a mutant that it killed, and each mutant by a
law that killed it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS, examine
from npseg.laws.mutants import all_mutants, who_kills_whom

TABLE = {
    one["name"]: one["killed_by"] for one in json.loads((Path(__file__).parent / "kills.json").read_text())["mutants"]
}
MUTANTS = {mutant.name: mutant for mutant in all_mutants()}


def witnesses() -> list[tuple[str, str]]:
    """Pairs of law and mutant, in which every law and every mutant of the table stands; few pairs, and cheap ones."""
    pairs = {}
    killers = {name: [law for law in laws if law in LAWS] for name, laws in TABLE.items()}
    for law in LAWS:
        prey = [name for name in killers if law in killers[name]]
        if prey:
            # The mutant that the fewest laws find, since that one needs a witness most.
            pairs[law, min(prey, key=lambda name: len(killers[name]))] = None
    met = {mutant for _, mutant in pairs}
    pairs |= {(laws[0], name): None for name, laws in killers.items() if name not in met and laws}
    return sorted(pairs)


def test_there_are_at_least_forty_and_the_table_has_them_all():
    assert len(MUTANTS) >= 40
    assert sorted(TABLE) == sorted(MUTANTS)


def test_every_mutant_and_every_law_has_a_witness():
    """A documented convention that is not kept does not count: these are broken laws.

    Laws of scores that find none of these have planted faults of their own, in `tests/laws/overlap/wrong_scores.py`.
    """
    pairs = witnesses()
    assert {mutant for _, mutant in pairs} == set(MUTANTS)
    idle = set(LAWS) - {law for law, _ in pairs}
    assert {LAWS[law].family for law in idle} <= {"overlap", "counts", "state"}


@pytest.mark.thorough
@pytest.mark.parametrize("law, mutant", witnesses())
def test_the_law_finds_the_fault(law, mutant):
    verdict = examine(MUTANTS[mutant].target, laws=[LAWS[law]], max_examples=200)
    assert law in {trial.law.name for trial in verdict.failures}


def test_a_table_names_survivors_and_idle_laws():
    mutant = MUTANTS["absent-is-zero"]
    table = who_kills_whom([mutant], laws=[LAWS["symmetric"], LAWS["perfect-is-one"]], max_examples=20)
    assert table.survivors == []
    assert table.idle == ["symmetric"]
    assert table.killers == {mutant.name: ["as-documented-absent", "perfect-is-one"]}
    assert "perfect-is-one" in table.table()
    nobody = who_kills_whom([mutant], laws=[LAWS["symmetric"]], max_examples=20)
    assert nobody.killers == {mutant.name: ["as-documented-absent"]}
    mutant = MUTANTS["background-left-out"]
    nobody = who_kills_whom([mutant], laws=[LAWS["symmetric"]], max_examples=20)
    assert nobody.survivors == [mutant.name]
    assert "SURVIVES" in nobody.table()
