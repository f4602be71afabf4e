"""Every planted fault is found by a law, and every law finds one. The whole table: `npseg laws --mutants`.

`kills.json` is what that command wrote with --max-examples 40 --json tests/laws/kills.json (200 for band-too-narrow).
Trying every law on every mutant takes minutes, so the table is kept; the thorough tests make it anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import npseg.laws.catalogue  # noqa: F401
from npseg.laws import LAWS
from npseg.laws.conventions import CONVENTIONS
from npseg.laws.mutants import all_mutants, who_kills_whom

KEPT = json.loads((Path(__file__).parent / "kills.json").read_text())
TABLE = {one["name"]: one["killed_by"] for one in KEPT["mutants"]}
MUTANTS = {mutant.name: mutant for mutant in all_mutants()}
EXAMPLES = {"band-too-narrow": 200}
"""Cases of each law, where it takes more than the 40 of the others to find the fault."""


def test_there_are_at_least_forty_and_the_table_lists_exactly_the_mutants_and_laws_that_exist():
    assert len(MUTANTS) == len(all_mutants()) >= 40
    assert [(one["name"], one["fault"]) for one in KEPT["mutants"]] == [(m.name, m.fault) for m in all_mutants()]
    assert sorted(KEPT["laws"]) == sorted(LAWS)
    promises = {f"as-documented-{name}" for name in CONVENTIONS}
    assert {law for laws in TABLE.values() for law in laws} <= {*LAWS, *promises}


def test_every_mutant_is_killed_by_a_law_and_every_law_kills_one():
    """A documented convention that is not kept does not count: these are broken laws."""
    assert [name for name, laws in TABLE.items() if not set(laws) & set(LAWS)] == []
    assert [law for law in LAWS if not any(law in laws for laws in TABLE.values())] == []
    assert (KEPT["survivors"], KEPT["idle_laws"]) == ([], [])


@pytest.mark.thorough
@pytest.mark.parametrize("name", MUTANTS)
def test_the_table_comes_out_as_it_is_kept(name):
    table = who_kills_whom([MUTANTS[name]], max_examples=EXAMPLES.get(name, 40))
    assert table.killers[name] == TABLE[name]


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
