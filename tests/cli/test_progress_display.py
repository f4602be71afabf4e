"""Progress in a terminal and elsewhere."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from npseg.cli import progress, training_progress
from npseg.metrics import Scores
from npseg.train import StepRecord

SCORES = Scores(np.array([[3, 1], [0, 4]]), ("a", "b"))


def record(step):
    return StepRecord(step, 0.5, {"cross_entropy": 0.5}, 1e-3, 1.0, 0.1, 0.0)


def train_with(watcher):
    watcher.note("a note with [brackets]")
    watcher.begin(0, 3)
    for step in (1, 2, 3):
        watcher.step(record(step))
    watcher.scoring(1, 2)
    watcher.scored(3, SCORES, True)
    watcher.end()


@pytest.mark.parametrize("kind", [training_progress.PlainWatcher, training_progress.RichWatcher])
def test_a_watcher_shows_what_happens(kind, capsys):
    train_with(kind("U-Net"))
    err = capsys.readouterr().err
    assert "a note with [brackets]" in err
    assert "compiling" not in err  # that is told when it happens
    assert "U-Net" in err
    assert "mIoU 0.7" in err
    assert "3/3" in err


def test_plain_lines_come_every_few_seconds(capsys, monkeypatch):
    clock = iter([0.0, *(float(t) for t in range(1, 30))])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    watcher = training_progress.PlainWatcher()
    watcher.begin(10, 40)
    for step in range(11, 31):
        watcher.step(record(step))
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("step ")]
    assert [line.split()[1] for line in lines] == ["11/40", "16/40", "21/40", "26/40"]
    assert "about 24 s left" in lines[1]


@pytest.mark.parametrize("terminal", [True, False])
def test_the_display_follows_where_stderr_goes(monkeypatch, terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    assert type(training_progress.training_watcher()) is (
        training_progress.RichWatcher if terminal else training_progress.PlainWatcher
    )


@pytest.mark.parametrize("terminal", [True, False])
def test_counting(monkeypatch, capsys, terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.0)
    with progress.counting("reading") as show:
        show(1, 4)
    assert "reading" in capsys.readouterr().err


def test_times_as_a_person_would_say_them():
    assert [training_progress._clock(seconds) for seconds in (0.4, 59.4, 60, 3725)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "62 min 5 s",
    ]
