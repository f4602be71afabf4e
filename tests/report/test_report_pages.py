"""The pages: self-contained, escaped, whole, and showing what they were given."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from npseg.errors import ArgumentError, NpsegError, ShapeError
from npseg.metrics import Scores, SegmentationMetrics, majority_baseline
from npseg.report import (
    Curve,
    DemoResults,
    Example,
    Legend,
    ModelResult,
    RunResults,
    write_demo_report,
    write_run_report,
)

EVIL = "<script>alert('x')</script> & \"quotes\" $a_b$"
VOID = {"meta", "img", "source", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Text, pictures, tables and attributes of a page; fails on unbalanced elements."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words, self.rows, self.alternatives = [], [], [], [], []
        self.pictures, self.addresses = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "img":
            self.alternatives.append(attrs["alt"])
        for name in ("src", "srcset", "href", "action", "data"):
            if name in attrs:
                self.addresses.append(attrs[name])
        assert not any(name.startswith("on") for name in attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            assert "url(" not in data
            assert "@import" not in data
            return
        self.words.append(data)
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def decoded(self):
        for address in self.addresses:
            kind, _, content = address.partition(",")
            assert kind == "data:image/png;base64"
            with Image.open(io.BytesIO(base64.b64decode(content, validate=True))) as picture:
                picture.load()
                yield picture


def read(path):
    return Page(path.read_text(encoding="utf-8"))


def scored(truth, prediction):
    metrics = SegmentationMetrics(3, 255, ["sky", "road", "car"])
    metrics.update(truth, prediction)
    return metrics.compute()


@pytest.fixture
def legend():
    return Legend(["sky", "road", "car"], np.array([[0, 0, 255], [90, 90, 90], [255, 0, 255]], np.uint8), 255)


@pytest.fixture
def demo(legend):
    truth = np.array([[0, 0, 1, 255], [0, 1, 1, 255]], np.uint8)
    better = np.array([[0, 0, 1, 0], [0, 1, 0, 0]], np.uint8)
    worse = np.zeros_like(truth)
    image = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
    curve = Curve([10, 20, 30], [0.9, float("nan"), 0.4])
    models = [
        ModelResult("U-Net", scored(truth, better), [better], curve, curve, 30, 12.5, 1_234_567),
        ModelResult("FCN-8s", scored(truth, worse), [worse], loss=(range(80), [0.5] * 80)),
    ]
    return DemoResults(
        legend,
        models,
        majority_baseline(scored(truth, better), majority=0),
        [Example(image, truth, "scene 7")],
        summary="Trained for 30 steps.",
        facts={"NumPy": "2.0", "images": 64},
    )


@pytest.fixture
def run(demo):
    history = [{"step": s, "loss": 1 / s, "loss_ce": 1 / s, "lr": 0.1, "val_miou": 0.5} for s in (1, 2, 3)]
    scoring = {"step": 3, "best": True, "val_per_class": demo.models[0].scores.to_json()["per_class"]}
    return RunResults(
        demo.legend,
        {"seed": 3, "model": {"name": "unet", "base_channels": 8}, "augment": {}, "data": {"classes": None}},
        [*history, scoring, {"loss": 1.0}],
        demo.models[0].scores,
        demo.baseline,
        "val",
        demo.examples,
        demo.models[0].predictions,
        waiting_share=0.034,
        title="unet on shapes",
    )


def test_demo_page_loads_nothing_and_runs_nothing(demo, tmp_path):
    page = read(write_demo_report(tmp_path / "report.html", demo))
    assert not {"script", "link", "iframe", "object", "base", "form"} & set(page.tags)
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    # image, truth, prediction and errors of two models; two charts for light and dark
    assert len(list(page.decoded())) == 6 + 2 * 2
    assert all(page.alternatives)


def test_demo_page_shows_scores_beside_the_baseline(demo, tmp_path):
    rows = read(write_demo_report(tmp_path / "report.html", demo)).rows
    assert ["", "mIoU", "mean Dice", "pixel accuracy", "mean accuracy"] in rows
    assert ["U-Net", "0.708", "0.829", "0.833", "0.833"] in rows
    assert ["majority baseline", "0.250", "0.333", "0.500", "0.500"] in rows
    assert ["road", "50.0 %", "0.667", "0.800", "0.000", "0.000", "0.000", "0.000"] in rows
    assert ["car", "0.0 %", *["–"] * 6] in rows  # noqa: RUF001
    assert ["U-Net", "1,234,567", "30", "12.5 s"] in rows
    assert ["FCN-8s", "–", "–", "–"] in rows  # noqa: RUF001


def test_demo_page_says_what_was_run(demo, tmp_path):
    page = read(write_demo_report(tmp_path / "report.html", demo))
    for words in ("Trained for 30 steps.", "NumPy", "64", "scene 7", "calls every pixel “sky”", "16.7 % wrong"):
        assert words in page.text


def test_best_model_is_set_off_and_the_baseline_never(demo, tmp_path):
    flawless = replace(demo.baseline, confusion=np.diag([3, 3, 0]))
    text = write_demo_report(tmp_path / "report.html", replace(demo, baseline=flawless)).read_text()
    assert '<span class="best">0.708</span>' in text
    assert '<span class="best">1.000</span>' not in text
    alone = replace(demo, models=demo.models[:1])
    assert 'class="best"' not in write_demo_report(tmp_path / "alone.html", alone).read_text()


def test_everything_is_escaped(demo, run, tmp_path):
    legend = replace(demo.legend, names=[EVIL, "road", "car"])
    evil = replace(
        demo,
        legend=legend,
        title=EVIL,
        summary=EVIL,
        facts={EVIL: EVIL},
        examples=[replace(demo.examples[0], name=EVIL)],
        models=[replace(model, name=EVIL + model.name) for model in demo.models],
    )
    evil_run = replace(
        run,
        legend=legend,
        title=EVIL,
        split=EVIL,
        config={EVIL: {EVIL: EVIL}},
        history=[{"step": 1, "loss_" + EVIL: 2.0}],
    )
    for path in (
        write_demo_report(tmp_path / "demo.html", evil),
        write_run_report(tmp_path / "run.html", evil_run),
    ):
        assert "<script" not in path.read_text()
        assert EVIL in read(path).text


def test_page_follows_light_and_dark_and_forbids_all_else(demo, tmp_path):
    text = write_demo_report(tmp_path / "report.html", demo).read_text()
    assert "default-src 'none'" in text
    assert 'media="(prefers-color-scheme: dark)"' in text
    assert "@media (prefers-color-scheme: dark)" in text
    assert not re.search(r"https?://", text)


def test_demo_page_without_examples_and_curves(demo, tmp_path):
    bare = replace(demo, examples=[], models=[ModelResult("U-Net", demo.models[0].scores)], facts={}, summary="")
    page = read(write_demo_report(tmp_path / "report.html", bare))
    assert page.addresses == []
    assert "Pictures" not in page.text
    assert "Training" not in page.words


def test_run_page_shows_configuration_curves_scores_and_waiting(run, tmp_path):
    page = read(write_run_report(tmp_path / "report.html", run))
    for words in (
        "unet on shapes",
        "Scores on the validation images",
        "model.base_channels 8",
        "model.name unet",
        "augment {}",
    ):
        assert words in page.text
    assert "data.classes null" in page.text
    assert "time spent waiting for data 3.4 %" in page.text
    for words in ("loss over training steps: loss ends at 0.3333", "mIoU ends at 0.5", "sky ends at 0.75"):
        assert any(words in alternative for alternative in page.alternatives)
    assert len(list(page.decoded())) == 4 + 4 * 2


def test_run_page_of_a_run_that_barely_began(legend, tmp_path):
    page = read(write_run_report(tmp_path / "report.html", RunResults(legend, {"seed": 0})))
    assert "seed 0" in page.text
    assert page.addresses == []
    unknown = RunResults(legend, {"seed": 0}, waiting_share=float("nan"))
    assert "waiting" not in read(write_run_report(tmp_path / "report.html", unknown)).text


def test_images_without_mask_have_neither_truth_nor_errors(run, tmp_path):
    blind = replace(run, examples=[replace(run.examples[0], truth=None, name="")], history=[])
    page = read(write_run_report(tmp_path / "report.html", blind))
    assert "no mask" in page.text
    assert page.alternatives == ["example 1: image", "example 1: prediction of prediction"]
    truths_only = replace(run, predictions=[], history=[])
    page = read(write_run_report(tmp_path / "report.html", truths_only))
    assert page.alternatives == ["scene 7: image", "scene 7: truth"]
    assert "error" not in page.text


def test_wholly_ignored_example_is_not_judged(run, tmp_path):
    void = replace(run.examples[0], truth=np.full((2, 4), 255))
    page = read(write_run_report(tmp_path / "report.html", replace(run, examples=[void])))
    assert "nothing judged" in page.text


def test_data_set_without_ignore_value_and_pixels(legend, tmp_path):
    legend = replace(legend, ignore_index=None)
    scores = Scores(np.zeros((3, 3), np.int64), ("sky", "road", "car"))
    example = Example(np.zeros((2, 2)), np.zeros((2, 2), int))
    results = RunResults(legend, {}, scores=scores, examples=[example], predictions=[np.ones((2, 2), int)])
    page = read(write_run_report(tmp_path / "report.html", results))
    assert "not judged" not in page.text
    assert "100.0 % wrong" in page.text
    assert ["sky", "–", "–", "–"] in page.rows  # noqa: RUF001


def test_mismatched_predictions_leave_the_old_page(demo, tmp_path):
    path = write_demo_report(tmp_path / "report.html", demo)
    before = path.read_bytes()
    missing = replace(demo, models=[replace(demo.models[0], predictions=[])])
    with pytest.raises(ArgumentError, match="U-Net has 0 predictions for 1 examples"):
        write_demo_report(path, missing)
    wrong = replace(demo, models=[replace(demo.models[0], predictions=[np.zeros((4, 2), int)])])
    with pytest.raises(ShapeError, match="height and width must agree"):
        write_demo_report(path, wrong)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_write_makes_directories_and_words_failures(demo, tmp_path, monkeypatch):
    assert write_demo_report(tmp_path / "a" / "b" / "report.html", demo).exists()
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(NpsegError, match=r"report\.html: cannot be written"):
        write_demo_report(blocked / "report.html", demo)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(NpsegError, match="No space left on device"):
        write_demo_report(tmp_path / "c" / "report.html", demo)
    assert list((tmp_path / "c").iterdir()) == []


def test_same_results_give_the_same_page(demo, tmp_path):
    first = write_demo_report(tmp_path / "1.html", demo).read_bytes()
    assert write_demo_report(tmp_path / "2.html", demo).read_bytes() == first
