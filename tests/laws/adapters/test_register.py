"""The register of libraries that have an adapter."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

import npseg
from npseg.errors import ArgumentError, MissingExtraError
from npseg.laws import adapters
from npseg.laws.adapters import LIBRARIES, Library

ROOT = Path(npseg.__file__).parent


def test_each_folder_is_registered_and_each_registered_library_has_a_part() -> None:
    folders = {
        path.parent.name for part in adapters.PARTS for path in (ROOT / "laws" / "adapters").glob(f"*/{part}.py")
    }
    assert folders <= set(LIBRARIES)
    assert {"torchmetrics", "monai", "smp", "sklearn", "medpy", "miseval", "seg_metrics", "evaluate"} <= folders


def test_the_extra_pins_what_the_register_names() -> None:
    setup = ROOT.parent / "setup.cfg"
    if not setup.exists():
        pytest.skip("npseg is not run from its repository")
    config = configparser.ConfigParser()
    config.read(setup)
    pinned = {line for line in config["options.extras_require"]["peers"].split() if "==" in line}
    named = {one.requirement for one in LIBRARIES.values() if one.install == '"npseg[peers]"' and one.module}
    assert pinned == named - {LIBRARIES["npseg"].requirement}


def test_an_unknown_adapter_is_told_with_its_near_matches() -> None:
    with pytest.raises(ArgumentError, match=r"no adapter 'torchmetric'; did you mean 'torchmetrics'"):
        adapters.targets("torchmetric")


def test_a_library_that_is_missing_is_told_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Library("medpy", "no_such_module_at_all", "medpy", "0.5.2")
    monkeypatch.setitem(LIBRARIES, "medpy", missing)
    assert not missing.is_installed
    assert missing not in adapters.installed()
    with pytest.raises(MissingExtraError, match=r'adapter medpy: .* pip install "npseg\[peers\]"'):
        adapters.targets("medpy")


def test_our_own_scores_are_targets_like_others() -> None:
    assert LIBRARIES["npseg"] in adapters.installed()
    assert any("iou" in target.measures for target in adapters.targets("npseg", ("overlap",)))


@pytest.mark.parametrize("name", sorted(set(LIBRARIES) - {"evaluate"}))
def test_targets_name_their_library(name: str) -> None:
    if not LIBRARIES[name].is_installed:
        pytest.skip(f"{name} is not installed")
    targets = adapters.targets(name, ("overlap",))
    assert len({target.name for target in targets}) == len(targets)
    assert all(target.library == name for target in targets)
