"""`npseg laws`: exit codes, what is printed and written, and worded errors."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap

import pytest

METRICS = textwrap.dedent(
    """
    import numpy as np

    def miou(y_true, y_pred, num_classes, ignore_index=None):
        scores = []
        for label in range(num_classes):
            truth, prediction = y_true == label, y_pred == label
            if (truth | prediction).any():
                scores.append((truth & prediction).sum() / (truth | prediction).sum())
        return float(np.mean(scores))

    def lopsided(y_true, y_pred, num_classes, ignore_index=None):
        scores = [(y_pred[y_true == label] == label).mean() for label in np.unique(y_true)]
        return float(np.mean(scores))

    def broken_off(y_true, y_pred, num_classes, ignore_index=None):
        "Ctrl-C comes with the first image of four classes that has not one of each."
        if num_classes == 4 and len(np.unique(y_true)) < 4:
            raise KeyboardInterrupt
        return 1.0
    """
)
TWO = ("--law", "within-bounds", "--law", "symmetric", "--max-examples", "20")
RIGHT, WRONG = ("laws", "own_metrics:miou", *TWO), ("laws", "own_metrics:lopsided", "--metric", "miou", *TWO)


@pytest.fixture(autouse=True)
def own_metrics(module_here):
    module_here("own_metrics", METRICS)


def test_a_metric_that_keeps_the_laws(npseg_program):
    answer = npseg_program(*RIGHT)
    assert answer.code == 0, answer
    assert "own_metrics:miou: mean IoU" in answer.out
    assert "absent=skip (inferred)" in answer.out
    assert re.search(r"^3  symmetric      iou  holds  20 cases$", answer.out, re.M)
    assert answer.out.endswith("2 hold\n")


def test_a_metric_that_breaks_one(npseg_program, tmp_path):
    answer = npseg_program(*WRONG)
    assert answer.code == 1
    assert "1 fails, 1 holds" in answer.out
    (said,) = re.findall(r"^law 3, symmetric, is broken by iou: (.*)$", answer.out, re.M)
    printed = answer.out[answer.out.index("# own_metrics:lopsided, iou: law 3") :].rpartition("\n\n")[0]
    (tmp_path / "shown.py").write_text(
        "import sys\nsys.modules['npseg'] = sys.modules['hypothesis'] = None\n" + printed
    )
    shown = subprocess.run([sys.executable, "shown.py"], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == said


def test_the_same_seed_gives_the_same_answer(npseg_program):
    answers = [npseg_program(*WRONG, "--seed", 3, "--json", "-").out for _ in range(2)]
    assert answers[0] == answers[1]


def test_json_and_html(npseg_program, tmp_path):
    answer = npseg_program(*WRONG, "--json", "found.json", "--html", "found.html")
    assert answer.code == 1
    document = json.loads((tmp_path / "found.json").read_text())
    assert document["counts"] == {"fails": 1, "holds": 1}
    programme = document["targets"][0]["trials"][1]["programme"]
    assert programme.rstrip() in answer.out
    assert "lopsided" in (tmp_path / "found.html").read_text()
    alone = npseg_program(*WRONG, "--json", "-")
    assert json.loads(alone.out) == document
    assert alone.code == 1


def test_a_declared_convention_that_is_contradicted(npseg_program):
    answer = npseg_program("laws", "own_metrics:miou", "--law", "0", "--convention", "absent=1,aggregate=dataset")
    assert answer.code == 1
    assert "absent=1 (declared)" in answer.out
    assert "the documentation says 1, the answers say skip" in answer.out
    assert re.search(r"as-documented-aggregate +iou +holds", answer.out)
    assert npseg_program("laws", "own_metrics:miou", "--law", "0", "--convention", "absent=skip").code == 0


def test_expected_failures(npseg_program, tmp_path):
    known = tmp_path / "known.txt"
    known.write_text("# recall\nown_metrics:lopsided/iou symmetric: it is recall\n")
    answer = npseg_program(*WRONG, "--xfails", known)
    assert answer.code == 0
    assert "fails as expected" in answer.out
    assert "This is expected: it is recall" in answer.out
    known.write_text("within-bounds: wrong about this\nsymmetric: it is recall\n")
    answer = npseg_program(*WRONG, "--xfails", known)
    assert answer.code == 1
    assert re.search("within-bounds +iou +expected to fail, and holds", answer.out)


def test_ctrl_c_within_a_metric_ends_it(npseg_program):
    answer = npseg_program("laws", "own_metrics:broken_off", "--metric", "iou", *TWO)
    assert answer.code == 130
    assert "interrupted after 0 of 2 trials" in answer.err
    assert "Traceback" not in answer.err


def test_ctrl_c_leaves_what_was_found(npseg_program, monkeypatch, tmp_path):
    from npseg.laws.docket import Docket

    plain = Docket.hear

    def stopping(docket, entry):
        if entry.law.name == "symmetric":
            raise KeyboardInterrupt
        return plain(docket, entry)

    monkeypatch.setattr(Docket, "hear", stopping)
    answer = npseg_program(*RIGHT, "--json", "found.json")
    assert answer.code == 130
    assert "interrupted after 1 of 2 trials; what was found by then stands above" in answer.err
    assert re.search("^1  within-bounds  iou  holds", answer.out, re.M)
    document = json.loads((tmp_path / "found.json").read_text())
    assert document["interrupted"] is True
    assert [trial["law"] for trial in document["targets"][0]["trials"]] == ["within-bounds"]


def test_laws_are_listed_and_explained(npseg_program):
    answer = npseg_program("laws", "--list")
    assert re.search("^ +3  symmetric +Exchanging truth", answer.out, re.M)
    for name in ("symmetric", "3"):
        answer = npseg_program("laws", "--explain", name)
        assert "law 3, symmetric (overlap)" in answer.out
        assert "s(t, p) = s(p, t)" in answer.out
    listed = json.loads(npseg_program("laws", "--list", "--json", "-").out)
    assert {"within-bounds", "symmetric"} <= {law["name"] for law in listed}


@pytest.mark.parametrize(
    "options, words",
    [
        ([], "expected a target written module:callable"),
        (["own_metrics:mio"], "own_metrics has no 'mio'; did you mean 'miou'?"),
        (["own_metric:miou"], "there is no module 'own_metric'"),
        (["own_metrics:lopsided"], "Its name does not say"),
        (["own_metrics:miou", "--metric", "mio"], "there is no measure 'mio'"),
        (["own_metrics:miou", "--law", "symetric"], "there is no law 'symetric'; did you mean 'symmetric'"),
        (["own_metrics:miou", "--metric", "recall", "--law", "symmetric"], "none of the laws chosen is for recall"),
        (["--explain", "symetric"], "there is no law 'symetric'"),
        (["own_metrics:miou", "--convention", "absent=2"], "it must be one of skip"),
        (["own_metrics:miou", "--convention", "absent"], "cannot read the convention 'absent'"),
        (["own_metrics:miou", "--adapter", "torchmetric"], "there is no adapter 'torchmetric'; did you mean"),
        (["--adapter", "torchmetrics", "--metric", "miou"], "exclude each other"),
        (["own_metrics:miou", "--peers"], "--peers and TARGET exclude each other"),
        (["own_metrics:miou", "--xfails", "nowhere.txt"], "nowhere.txt: cannot be read"),
        (["own_metrics:miou", "--xfails", "known.txt"], "known.txt:1: an expected failure matches nothing"),
        (["own_metrics:miou", "--json", "nowhere/x.json"], "is in a folder that does not exist"),
        (["own_metrics:miou", "--html", "."], "is a folder"),
        (["own_metrics:miou", "--max-examples", "0"], "--max-examples"),
    ],
)
def test_what_cannot_be_done_is_worded(refused, tmp_path, options, words):
    (tmp_path / "known.txt").write_text("symetric: why\n")
    assert words in " ".join(refused("laws", *options).split())


@pytest.fixture
def two_libraries(monkeypatch):
    """Stand-ins for two libraries that are installed, one wrong."""
    from npseg.laws import Target, adapters

    def half(y_true, y_pred, num_classes, ignore_index=None):
        return 0.5

    def truths(y_true, y_pred, num_classes, ignore_index=None):
        return float((y_true == 0).mean())

    targets = {
        "monai": [Target("one", {"iou": half}, library="monai"), Target("two", {"iou": truths}, library="monai")],
        "medpy": [Target("three", {"iou": half}, library="medpy")],
    }
    monkeypatch.setattr(adapters, "installed", lambda: [adapters.LIBRARIES[name] for name in targets])
    monkeypatch.setattr(adapters, "targets", targets.__getitem__)


@pytest.fixture
def tried_here(monkeypatch, npseg_program):
    """Libraries in this process, where the stand-ins are; returns what was asked of each."""
    from npseg.cli import law_peers

    asked = []

    def run(arguments):
        asked.append(arguments)
        answer = npseg_program(*arguments)
        sys.stderr.write(answer.err)
        return answer.code, answer.code == 130

    monkeypatch.setattr(law_peers, "_tried_apart", run)
    return asked


def test_peers_make_a_matrix(npseg_program, two_libraries, tried_here, tmp_path):
    answer = npseg_program("laws", "--peers", *TWO, "--html", "peers.html", "--json", "peers.json")
    assert answer.code == 1
    assert re.search(r"^ +monai +medpy$", answer.out, re.M)
    assert re.search(r"^ +1  within-bounds +holds +holds$", answer.out, re.M)
    assert re.search(r"^ +3  symmetric +fails 1/2 +holds$", answer.out, re.M)
    assert "all together: 1 fails, 5 hold" in answer.out
    assert [one["library"] for one in json.loads((tmp_path / "peers.json").read_text())["targets"]] == [
        "monai", "monai", "medpy",
    ]  # fmt: skip
    assert "1 of 2" in (tmp_path / "peers.html").read_text()


def test_a_library_that_is_not_whole_is_named_and_the_others_are_tried(
    npseg_program, two_libraries, tried_here, monkeypatch
):  # fmt: skip
    from npseg.errors import MissingExtraError
    from npseg.laws import adapters

    whole = adapters.targets

    def targets(name):
        if name == "monai":
            raise MissingExtraError("laws: adapter monai: it lacks its definitions")
        return whole(name)

    monkeypatch.setattr(adapters, "targets", targets)
    answer = npseg_program("laws", "--peers", *TWO)
    assert answer.code == 0
    assert "it lacks its definitions" in answer.err
    assert "three: what are its conventions?" in answer.err


def test_expected_failures_go_to_the_library_that_they_are_of(npseg_program, two_libraries, tried_here, tmp_path):
    (tmp_path / "known.txt").write_text("# of one\ntwo/iou symmetric: it is the share of class 0\n")
    answer = npseg_program("laws", "--peers", *TWO, "--xfails", "known.txt")
    assert answer.code == 0, answer
    assert "1 fails as expected, 5 hold" in answer.out


def test_ctrl_c_in_the_process_of_a_library_ends_the_run(npseg_program, two_libraries, monkeypatch, tmp_path):
    from npseg.cli import law_peers

    monkeypatch.setattr(law_peers, "_tried_apart", lambda arguments: (130, True))
    answer = npseg_program("laws", "--peers", *TWO, "--json", "peers.json")
    assert answer.code == 130
    assert "interrupted after 0 of 6 trials" in answer.err
    assert json.loads((tmp_path / "peers.json").read_text())["interrupted"]


def test_a_library_that_crashes_is_named_and_the_others_are_tried(
    npseg_program, two_libraries, tried_here, monkeypatch
):  # fmt: skip
    from npseg.cli import law_peers

    run = law_peers._tried_apart
    monkeypatch.setattr(law_peers, "_tried_apart", lambda words: (-11, False) if "monai" in words else run(words))
    answer = npseg_program("laws", "--peers", *TWO)
    assert answer.code == 1
    assert "the process that tried monai was ended by signal 11" in answer.err
    assert "2 hold" in answer.out


@pytest.mark.slow
def test_every_library_has_a_process_of_its_own(npseg_program, monkeypatch, tmp_path):
    from npseg.laws import adapters

    monkeypatch.setattr(adapters, "installed", lambda: [adapters.LIBRARIES["npseg"]])
    answer = npseg_program("laws", "--peers", "--law", "within-bounds", "--max-examples", "3", "--json", "peers.json")
    assert answer.code == 0, answer
    found = json.loads((tmp_path / "peers.json").read_text())
    assert {target["library"] for target in found["targets"]} == {"npseg"}
    assert found["max_examples"] == 3


def test_one_library_or_one_target_of_it(npseg_program, refused, two_libraries):
    answer = npseg_program("laws", "--adapter", "monai", *TWO)
    assert answer.code == 1
    assert "one: mean IoU" in answer.out
    assert "two: mean IoU" in answer.out
    assert npseg_program("laws", "one", "--adapter", "monai", *TWO).code == 0
    assert "adapter monai has no target 'thre'" in refused("laws", "thre", "--adapter", "monai", *TWO)


def test_no_library_is_installed(refused, monkeypatch):
    from npseg.laws import adapters

    monkeypatch.setattr(adapters, "installed", list)
    assert 'pip install "npseg[peers]"' in " ".join(refused("laws", "--peers").split())
