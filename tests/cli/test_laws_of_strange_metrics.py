"""`npseg laws` on metrics that exit, print, or promise what they do not keep."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

METRICS = textwrap.dedent(
    """
    import sys

    import numpy as np

    print("imported")

    def miou(y_true, y_pred, num_classes, ignore_index=None):
        scores = []
        for label in range(num_classes):
            truth, prediction = y_true == label, y_pred == label
            if (truth | prediction).any():
                scores.append((truth & prediction).sum() / (truth | prediction).sum())
        return float(np.mean(scores))

    def miou_that_exits(y_true, y_pred, num_classes):
        if y_true.size > 40:
            sys.exit(0)
        return miou(y_true, y_pred, num_classes)

    def miou_that_only_exits(y_true, y_pred, num_classes):
        sys.exit(0)

    def miou_of_three(y_true, y_pred):
        counts = np.zeros((3, 3))
        np.add.at(counts, (y_true.ravel(), y_pred.ravel()), 1)
        return miou(y_true, y_pred, 3)

    class Evaluator:
        def miou(self, y_true, y_pred, num_classes):
            return miou(y_true, y_pred, num_classes)

    evaluator = Evaluator()

    def miou_that_prints(y_true, y_pred, num_classes):
        print("loud")
        return miou(y_true, y_pred, num_classes)
    """
)
FEW = ("--max-examples", "20")


@pytest.fixture(autouse=True)
def strange_metrics(module_here):
    module_here("strange_metrics", METRICS)


def test_a_metric_that_exits_fails_and_does_not_end_the_run(npseg_program):
    answer = npseg_program("laws", "strange_metrics:miou_that_exits", "--law", "within-bounds", "--max-examples", "100")
    assert answer.code == 1
    assert "raises SystemExit: 0" in answer.out
    printed = answer.out[answer.out.index("# strange_metrics:") :].rpartition("\n\n")[0]
    shown = subprocess.run([sys.executable, "-c", printed], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines()[-1] == "raises SystemExit: 0"


def test_a_metric_that_does_nothing_but_exit_is_refused(npseg_program):
    answer = npseg_program("laws", "strange_metrics:miou_that_only_exits", *FEW)
    assert answer.code == 2
    assert "SystemExit: 0" in answer.err


def test_what_is_promised_is_tried_whatever_laws_are_chosen(npseg_program):
    answer = npseg_program("laws", "strange_metrics:miou", "--convention", "absent=1", "--law", "3", *FEW)
    assert answer.code == 1
    assert "as-documented-absent" in answer.out
    assert "the documentation says 1, the answers say skip" in answer.out


def test_a_promise_does_not_make_a_law_of_another_family_one_to_try(npseg_program):
    answer = npseg_program("laws", "strange_metrics:miou", "--convention", "absent=skip", "--law", "panoptic-symmetric")
    assert answer.code == 2


def test_what_a_metric_prints_goes_to_stderr(npseg_program):
    answer = npseg_program("laws", "strange_metrics:miou_that_prints", "--law", "3", *FEW, "--json", "-")
    assert answer.code == 0
    assert json.loads(answer.out)["counts"] == {"holds": 1}
    assert "loud" in answer.err
    assert "imported" in answer.err


@pytest.mark.parametrize(
    "options, words",
    [
        (
            ["--convention", "matching=assignment"],
            "convention matching does not concern iou; those that do are absent,",
        ),
        (["--convention", "absent=skip,absent=0"], "convention absent is given twice, as 'skip' and as '0'"),
    ],
)
def test_what_means_nothing_is_refused(refused, options, words):
    assert words in " ".join(refused("laws", "strange_metrics:miou", *options).split())


@pytest.mark.parametrize(
    "options",
    [
        ("strange_metrics:miou", "--law", "999"),
        ("--explain", "nonsense"),
        ("strange_metrics:miou", "--metric", "nonsense"),
        ("strange_metrics:nope",),
    ],
)
def test_a_name_that_is_near_to_none_does_not_bring_a_list_of_all(refused, options):
    message = refused("laws", *options)
    assert len(message) < 500
    assert ("`npseg laws --list` lists all" in message) == ("--law" in options or "--explain" in options)


def test_a_method_without_its_object_is_named_as_that(npseg_program, refused):
    words = "Evaluator.miou is a method without its object; point at the method of an instance, or at a function"
    assert words in " ".join(refused("laws", "strange_metrics:Evaluator.miou").split())
    assert npseg_program("laws", "strange_metrics:evaluator.miou", "--law", "3", *FEW).code == 0


def test_a_fixed_number_of_classes_is_told(npseg_program):
    answer = npseg_program("laws", "strange_metrics:miou_of_three", "--law", "3", *FEW)
    assert answer.code == 0, answer
    assert "the number of classes is not asked for; more than 3 are an error, so no more were drawn" in answer.out
