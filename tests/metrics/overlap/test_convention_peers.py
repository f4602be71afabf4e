"""What `conventions` calls the score of a library is what the library says, where it is installed."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg.metrics import Scores
from npseg.metrics.overlap import matrix_formulas

IGNORE = 255


@st.composite
def batches(draw):
    """Truth and prediction (N, H, W) of 2 to 4 classes and counts of each image, counted without npseg's kernel."""
    num_classes = draw(st.sampled_from([3, 4, 2]))
    shape = tuple(draw(st.sampled_from(sides)) for sides in ([2, 3, 1], [3, 2, 4], [4, 5, 2]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth = rng.integers(0, draw(st.sampled_from([num_classes, num_classes, 1])), shape)
    errors = draw(st.sampled_from([0.3, 0.6, 0.0, 1.0]))
    prediction = np.where(rng.random(shape) < errors, rng.integers(0, num_classes, shape), truth)
    return truth, prediction, num_classes


def scored(truth, prediction, num_classes):
    counts = np.zeros((len(truth), num_classes, num_classes), np.int64)
    for matrix, t, p in zip(counts, truth, prediction):
        np.add.at(matrix, (t[t != IGNORE], p[t != IGNORE]), 1)
    return Scores.from_images(counts)


def with_void(truth, seed):
    """Some pixels void, but never all."""
    void = np.random.default_rng(seed).random(truth.shape) < 0.3
    void.flat[0] = False
    return np.where(void, IGNORE, truth)


def by_name(scores):
    return {one.name: one.score for one in scores.conventions()}


def close(actual, expected, rtol=1e-12):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=1e-7)


@given(case=batches(), seed=st.integers(0, 2**32 - 1))
def test_scikit_learn(case, seed):
    sklearn = pytest.importorskip("sklearn.metrics")
    truth, prediction, k = case
    truth = with_void(truth, seed)
    found = by_name(scored(truth, prediction, k))
    kept = truth != IGNORE
    t, p = truth[kept], prediction[kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"average": "macro", "zero_division": 0}
        close(found["as scikit-learn jaccard_score(macro)"], sklearn.jaccard_score(t, p, **options))
        of_all = sklearn.jaccard_score(t, p, labels=range(k), **options)
        close(found["as scikit-learn jaccard_score(macro, labels=range(C))"], of_all)
        close(found["as scikit-learn f1_score(macro)"], sklearn.f1_score(t, p, **options))


@given(case=batches(), seed=st.integers(0, 2**32 - 1))
def test_averages_and_agreement_of_scikit_learn(case, seed):
    """Macro, weighted and micro precision, recall and F; kappa; Matthews, which differs where all is one class."""
    sklearn = pytest.importorskip("sklearn.metrics")
    truth, prediction, k = case
    truth = with_void(truth, seed)
    scores = scored(truth, prediction, k)
    kept = truth != IGNORE
    t, p = truth[kept], prediction[kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for average in ("macro", "weighted", "micro"):
            for ours, theirs in (
                ("precision", sklearn.precision_score),
                ("recall", sklearn.recall_score),
                ("dice", sklearn.f1_score),
                ("iou", sklearn.jaccard_score),
            ):
                close(scores.score(ours, average=average), theirs(t, p, average=average, zero_division=0))
            close(
                scores.score("fbeta", beta=2, average=average),
                sklearn.fbeta_score(t, p, beta=2, average=average, zero_division=0),
            )
        close(scores.score("cohen_kappa"), sklearn.cohen_kappa_score(t, p, labels=range(k)))
        correlation = scores.score("matthews_corrcoef")
        # scikit-learn says 0 of a perfect prediction of one class; we say undefined, as it does of kappa.
        close(0.0 if np.isnan(correlation) else correlation, sklearn.matthews_corrcoef(t, p))


@given(case=batches(), seed=st.integers(0, 2**32 - 1))
def test_torchmetrics(case, seed):
    torch = pytest.importorskip("torch")
    torchmetrics = pytest.importorskip("torchmetrics")
    segmentation = pytest.importorskip("torchmetrics.segmentation")
    truth, prediction, k = case
    tensors = torch.from_numpy(prediction), torch.from_numpy(truth)
    found = by_name(scored(truth, prediction, k))
    mean_iou = segmentation.MeanIoU(num_classes=k, input_format="index")
    close(found["as torchmetrics MeanIoU (class)"], mean_iou(*tensors).item(), 1e-5)
    mean_dice = segmentation.DiceScore(num_classes=k, average="macro", input_format="index")
    close(found["as torchmetrics DiceScore"], mean_dice(*tensors).item(), 1e-5)
    void = with_void(truth, seed)
    scores = scored(void, prediction, k)
    tensors = torch.from_numpy(prediction), torch.from_numpy(void)
    options = {"task": "multiclass", "num_classes": k, "ignore_index": IGNORE}
    jaccard = torchmetrics.JaccardIndex(average="macro", **options)
    close(by_name(scores)["as torchmetrics JaccardIndex (macro)"], jaccard(*tensors).item(), 1e-5)
    kappa, ours = torchmetrics.CohenKappa(**options)(*tensors).item(), scores.score("cohen_kappa")
    np.testing.assert_allclose(kappa, ours, rtol=1e-4, atol=1e-6)


@given(case=batches())
def test_monai(case):
    torch = pytest.importorskip("torch")
    monai = pytest.importorskip("monai.metrics")
    truth, prediction, k = case
    found = by_name(scored(truth, prediction, k))
    planes = [torch.from_numpy(np.moveaxis(np.eye(k)[labels], -1, 1)) for labels in (prediction, truth)]
    for name, metric in (
        ("as MONAI MeanIoU", monai.MeanIoU()),
        ("as MONAI DiceMetric", monai.DiceMetric()),
        ("as MONAI DiceMetric(ignore_empty=False)", monai.DiceMetric(ignore_empty=False)),
    ):
        metric(*planes)
        close(found[name], metric.aggregate().item(), 1e-5)


@given(case=batches(), seed=st.integers(0, 2**32 - 1))
def test_segmentation_models_pytorch(case, seed):
    torch = pytest.importorskip("torch")
    smp = pytest.importorskip("segmentation_models_pytorch.metrics")
    truth, prediction, k = case
    truth = with_void(truth, seed)
    found = by_name(scored(truth, prediction, k))
    tensors = torch.from_numpy(prediction), torch.from_numpy(truth)
    stats = smp.get_stats(*tensors, mode="multiclass", num_classes=k, ignore_index=IGNORE)
    for reduction in ("micro", "macro", "micro-imagewise", "macro-imagewise"):
        close(found[f"as smp ({reduction})"], smp.iou_score(*stats, reduction=reduction).item(), 1e-5)
    close(found["as smp accuracy (micro)"], smp.accuracy(*stats, reduction="micro").item(), 1e-5)


@given(case=batches(), seed=st.integers(0, 2**32 - 1))
def test_mmsegmentation(case, seed):
    torch = pytest.importorskip("torch")
    iou_metric = pytest.importorskip("mmseg.evaluation.metrics.iou_metric").IoUMetric
    truth, prediction, k = case
    truth = with_void(truth, seed)
    scores = scored(truth, prediction, k)
    found = by_name(scores)
    areas = [
        iou_metric.intersect_and_union(torch.from_numpy(p), torch.from_numpy(t), k, IGNORE)
        for t, p in zip(truth, prediction)
    ]
    theirs = iou_metric.total_area_to_metrics(*map(sum, zip(*areas)), metrics=["mIoU", "mDice", "mFscore"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it averages nothing if nothing was hit
        means = {name: np.nanmean(values) for name, values in theirs.items()}
    close(found["as mmsegmentation"], means["IoU"], 1e-5)
    close(found["as mmsegmentation (mDice)"], means["Dice"], 1e-5)
    close(found["as mmsegmentation (mFscore)"], means["Fscore"], 1e-5)
    close(matrix_formulas.mean_accuracy(scores.confusion), means["Acc"], 1e-5)
    close(scores.pixel_accuracy, means["aAcc"], 1e-5)
