"""What a user names as module:callable is found, or the message says what is there instead."""

from __future__ import annotations

import pytest

from npseg.errors import ArgumentError
from npseg.laws.loading import load_callable


def test_a_function_of_the_working_directory(planted):
    assert load_callable("laws", "planted_metrics:miou").__module__ == "planted_metrics"


def test_an_attribute_of_a_class(planted):
    assert load_callable("laws", "planted_metrics:Metrics.miou").__qualname__ == "Metrics.miou"


@pytest.mark.parametrize(
    "text, words",
    [
        ("planted_metrics", "expected a target written module:callable"),
        (":miou", "expected a target written module:callable"),
        ("planted_metrics:", "expected a target written module:callable"),
        ("planted_metric:miou", "there is no module 'planted_metric'.*did you mean 'planted_metrics'"),
        ("planted_metrics.overlap:miou", "there is no module 'planted_metrics.overlap'"),
        ("planted_metrics:miuo", "planted_metrics has no 'miuo'; did you mean 'miou'"),
        ("planted_metrics:Metrics.mio", "planted_metrics.Metrics has no 'mio'; did you mean 'miou'"),
        ("planted_metrics:pi", "planted_metrics:pi is float, which cannot be called"),
        ("broken:miou", r"module broken cannot be imported: ZeroDivisionError: division by zero \(.*broken.py:3\)"),
        ("unwritten:miou", r"module unwritten cannot be imported: SyntaxError: .* \(.*unwritten.py:1\)"),
        ("leaving:miou", "module leaving cannot be imported: SystemExit"),
        ("lacking:miou", "module lacking cannot be imported: ModuleNotFoundError: No module named 'nothing_such'"),
    ],
)
def test_what_cannot_be_loaded_is_worded(planted, text, words):
    (planted / "broken.py").write_text("a = 1\n\na / 0\n")
    (planted / "unwritten.py").write_text("def miou(:\n")
    (planted / "leaving.py").write_text("raise SystemExit(3)\n")
    (planted / "lacking.py").write_text("import nothing_such\n")
    with pytest.raises(ArgumentError, match=f"(?s)^laws: .*{words}"):
        load_callable("laws", text)
