"""Fill a run's report with what the run left behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from npseg.data import Dataset, DatasetInfo
    from npseg.metrics import Scores
    from npseg.report import Example, Legend
    from npseg.train import RunOutcome

__all__ = ["examples_of", "legend_of", "report_run", "time_of_steps", "training_majority"]

_PICTURES = 4
_MUCH_WAITING = 0.05


def report_run(outcome: RunOutcome) -> Scores:
    """Write RUN/report.html; returns the validation scores of the last weights."""
    from npseg.report import RunResults, read_history, write_run_report

    scores = outcome.scores if outcome.scores is not None else _score_again(outcome)
    validation = outcome.source.split("val")
    examples = examples_of(validation, _PICTURES)
    history = read_history(outcome.directory.metrics)
    write_run_report(
        outcome.directory.report,
        RunResults(
            legend=legend_of(outcome.source.info),
            config=outcome.config.to_dict(),
            history=history,
            scores=scores,
            baseline=_baseline(outcome, scores),
            examples=examples,
            predictions=[outcome.predictor.labels(example.image) for example in examples],
            waiting_share=_waiting_share(history),
            title=f"{outcome.config.model.name} on {outcome.source.info.name}",
            facts=_facts(outcome),
        ),
    )
    return scores


def time_of_steps(outcome: RunOutcome) -> str:
    """A line on the time that the steps of the run took, and how much of it they waited for data."""
    from npseg.report import read_history

    return _time_of_steps(read_history(outcome.directory.metrics))


def _time_of_steps(history: Sequence[dict[str, Any]]) -> str:
    """For instance:

    >>> _time_of_steps([{"step": 1, "seconds": 1.0, "waited": 0.5}, {"step": 2, "seconds": 0.5, "waited": 0.0}])
    '2 steps took 2 s, 25.0 % of it waiting for data; more data.workers or a larger data.cache_mb may help'
    """
    steps, share = [record for record in history if "waited" in record], _waiting_share(history)
    if share is None:
        return "no step was timed"
    total = sum(record["seconds"] + record["waited"] for record in steps)
    advice = "; more data.workers or a larger data.cache_mb may help" if share > _MUCH_WAITING else ""
    count = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
    return f"{count} took {total:.0f} s, {100 * share:.1f} % of it waiting for data{advice}"


def legend_of(info: DatasetInfo) -> Legend:
    from npseg.report import Legend

    return Legend(list(info.classes), info.palette, info.ignore_index)


def examples_of(dataset: Dataset, count: int) -> list[Example]:
    """A few samples, evenly spread over the data set."""
    from npseg.report import Example

    chosen = np.unique(np.linspace(0, len(dataset) - 1, min(count, len(dataset))).round().astype(int))
    samples = [dataset[int(index)] for index in chosen]
    return [Example(sample.image, sample.mask, sample.name) for sample in samples]


def training_majority(training: Dataset, num_classes: int) -> int:
    """The commonest class of the training images: what the baseline answers everywhere."""
    from npseg.data import class_counts

    return int(np.argmax(np.asarray(class_counts(training, num_classes)).reshape(-1, num_classes).sum(axis=0)))


def _score_again(outcome: RunOutcome) -> Scores:
    """A run that was finished before has its weights, but not its scores at hand."""
    from npseg.train import evaluate

    return evaluate(outcome.predictor, outcome.source.split("val"), outcome.source.info)


def _baseline(outcome: RunOutcome, scores: Scores) -> Scores:
    from npseg.metrics import majority_baseline

    majority = training_majority(outcome.source.split("train"), scores.num_classes)
    return majority_baseline(scores, majority=majority)


def _waiting_share(history: Sequence[dict[str, Any]]) -> float | None:
    steps = [record for record in history if "waited" in record]
    total = sum(record["waited"] + record["seconds"] for record in steps)
    return sum(record["waited"] for record in steps) / total if total > 0 else None


def _facts(outcome: RunOutcome) -> dict[str, Any]:
    import npseg

    info, progress = outcome.source.info, outcome.progress
    return {
        "steps": f"{outcome.step} of {outcome.steps}" + (" (stopped early)" if progress.stopped else ""),
        "best validation": f"mIoU {_number(progress.best_miou)} at step {progress.best_step}",
        "images": ", ".join(f"{len(split)} {name}" for name, split in outcome.source.splits.items()),
        "classes": ", ".join(info.classes),
        "parameters": f"{sum(p.size for p in outcome.model.parameters()):,}",
        "npseg": npseg.__version__,
    }


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"
