"""Panoptic quality beside torchmetrics', MONAI's and panopticapi's: equal where conventions coincide, or else why."""

from __future__ import annotations

import numpy as np
import pytest

from npseg.metrics.panoptic.quality import panoptic_quality

VOID = 9
SEEDS = range(12)


def blobs(seed, num_classes=4, shape=(2, 9, 12)):
    """Truth and a similar prediction, (class, instance) each, instances 1 to 9 with holes in the numbering."""
    rng = np.random.default_rng(seed)
    maps = [np.zeros(shape, np.int64), np.ones(shape, np.int64)]
    for _ in range(8):
        corner = rng.integers(0, shape[1]), rng.integers(0, shape[2])
        window = np.s_[:, corner[0] : corner[0] + 4, corner[1] : corner[1] + 5]
        maps[0][window], maps[1][window] = rng.integers(0, num_classes), rng.integers(1, 10)
    truth = [array.copy() for array in maps]
    prediction = [np.roll(array, seed % 2, axis=2) for array in maps]
    for image in range(shape[0]):
        window = np.s_[image, 2 * image : 2 * image + 3, :5]
        prediction[0][window], prediction[1][window] = rng.integers(0, num_classes), rng.integers(1, 10)
    return tuple(truth), tuple(prediction)


def scores(quality):
    return [(row.pq, row.sq, row.rq) for row in quality.per_class]


@pytest.fixture
def torchmetrics_scores():
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.detection")

    def score(truth, prediction, things, stuff, **options):
        target, answer = (torch.from_numpy(np.stack(maps, -1)) for maps in (truth, prediction))
        result = functional.panoptic_quality(
            answer, target, set(things), set(stuff), return_sq_and_rq=True, return_per_class=True, **options
        )
        return result.reshape(-1, 3).tolist()  # in the order: sorted things, sorted stuff

    return score


@pytest.mark.parametrize("seed", SEEDS)
def test_equals_torchmetrics_without_crowd_and_without_void_in_the_prediction(seed, torchmetrics_scores):
    truth, prediction = blobs(seed)
    things, stuff = [0, 2], [1, 3]
    rng = np.random.default_rng(seed)
    truth = np.where(rng.random(truth[0].shape) < 0.15, VOID, truth[0]), truth[1]
    ours = scores(panoptic_quality(truth, prediction, num_classes=4, things=things, void=VOID))
    theirs = torchmetrics_scores(truth, prediction, things, stuff)
    # torchmetrics shows a class that nobody has as 0 and leaves it out of the mean; here it is NaN and left out.
    expected = [[0.0] * 3 if np.isnan(ours[label][0]) else list(ours[label]) for label in things + stuff]
    np.testing.assert_allclose(theirs, expected, rtol=1e-6)


def test_torchmetrics_lets_void_predictions_leave_the_union(torchmetrics_scores):
    """It treats void alike on both sides, so that predicting 1 of 10 pixels and abstaining elsewhere is perfect."""
    truth = np.zeros((1, 1, 10), np.int64), np.ones((1, 1, 10), np.int64)
    timid = np.where(np.arange(10) == 0, 0, VOID)[None, None], truth[1]
    theirs = torchmetrics_scores(truth, timid, [0], [], allow_unknown_preds_category=True)
    assert theirs[0][0] == 1
    assert panoptic_quality(truth, timid, num_classes=1, void=VOID).pq == 0


@pytest.fixture
def monai_counts():
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("monai.metrics")

    def count(truth, prediction, num_classes):
        metric = metrics.PanopticQualityMetric(num_classes, reduction="sum_batch", return_confusion_matrix=True)
        target, answer = (torch.from_numpy(np.stack(maps[::-1], 1)) for maps in (truth, prediction))
        metric(answer, target)
        return metric.aggregate().tolist()

    return count


@pytest.mark.parametrize("seed", SEEDS)
def test_equals_monai_without_void_and_crowd(seed, monai_counts):
    """Class 0 is background there, not a class; instance 0 is nothing; IoU is float32."""
    truth, prediction = blobs(seed)
    rows = panoptic_quality(truth, prediction, num_classes=4).per_class[1:]
    ours = [(row.true_positives, row.false_positives, row.false_negatives, row.iou_sum) for row in rows]
    np.testing.assert_allclose(monai_counts(truth, prediction, 3), ours, rtol=1e-6)


def test_monai_never_calls_perfect_perfect():
    """It adds 1e-6 to every denominator."""
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("monai.metrics")
    instances = np.array([[1, 1], [2, 0]])
    theirs = metrics.compute_panoptic_quality(torch.from_numpy(instances), torch.from_numpy(instances))
    assert 0.999999 < float(theirs) < 1
    maps = (instances > 0).astype(int), instances
    assert panoptic_quality(maps, maps, num_classes=2).pq == 1


def panopticapi_counts(truth, prediction, crowds, void_id=0):
    """TP, FP, FN of one class as panopticapi counts them, of flat id maps: it keeps one crowd per class, the last."""
    true_ids, predicted_ids = (set(ids.tolist()) - {void_id} for ids in (truth, prediction))
    found, used, last_crowd = set(), set(), None
    for true in true_ids - set(crowds):
        for predicted in predicted_ids:
            common = np.sum((truth == true) & (prediction == predicted))
            union = np.sum(truth == true) + np.sum(prediction == predicted) - common
            union -= np.sum((truth == void_id) & (prediction == predicted))
            if common / union > 0.5:
                found.add(true)
                used.add(predicted)
    for crowd in crowds:
        last_crowd = crowd
    spurious = 0
    for predicted in predicted_ids - used:
        excused = (truth == void_id) | (truth == last_crowd)
        spurious += np.sum(excused & (prediction == predicted)) / np.sum(prediction == predicted) <= 0.5
    return len(found), spurious, len(true_ids - set(crowds) - found)


@pytest.mark.parametrize("seed", SEEDS)
def test_equals_the_formula_of_panopticapi_with_one_crowd(seed):
    (_, truth), (_, prediction) = blobs(seed, shape=(1, 9, 12))
    truth, prediction = truth.ravel() - 1, prediction.ravel() - 1  # 0 is void
    crowd = int(truth.max())
    row = score_of_one_class(truth, prediction, truth == crowd)
    assert panopticapi_counts(truth, prediction, [crowd]) == row


def test_panopticapi_forgets_the_first_of_two_crowds():
    """A predicted segment that lies on it becomes a false positive, though nothing says that crowds are looked for."""
    truth = np.array([5, 5, 5, 6, 6, 6, 1, 1])
    prediction = np.array([1, 1, 1, 0, 0, 0, 2, 2])
    assert panopticapi_counts(truth, prediction, [6, 5]) == (1, 0, 0)
    assert panopticapi_counts(truth, prediction, [5, 6]) == (1, 1, 0)
    assert score_of_one_class(truth, prediction, truth >= 5) == (1, 0, 0)


def score_of_one_class(truth, prediction, crowd):
    """TP, FP, FN of one class of things, of flat id maps with 0 for void."""
    maps = [(np.where(ids == 0, VOID, 0)[None], ids[None]) for ids in (truth, prediction)]
    row = panoptic_quality(*maps, num_classes=1, void=VOID, crowd=crowd[None]).per_class[0]
    return row.true_positives, row.false_positives, row.false_negatives
