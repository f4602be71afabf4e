"""What `conventions` calls the score of a library is what the library's published formula gives, written as loops."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from label_batches import IGNORE, batches

from npseg.metrics import Scores, SegmentationMetrics
from npseg.metrics.overlap.conventions import CONVENTIONS
from npseg.reference.overlap import counts_of_class, valid_pairs

NAN = math.nan


def divided(part, whole):
    return part / whole if whole else NAN


def nanmean(values):
    defined = [value for value in values if not math.isnan(value)]
    return divided(sum(defined), len(defined))


def plain_mean(values):
    return sum(values) / len(values)


def iou(tp, fp, fn, tn):
    return divided(tp, tp + fp + fn)


def dice(tp, fp, fn, tn):
    return divided(2 * tp, 2 * tp + fp + fn)


def or_value(value, absent):
    return absent if math.isnan(value) else value


def added(many):
    return [sum(parts) for parts in zip(*many)]


def pooled(images):
    """Counts of each class of all images."""
    return [added(classes) for classes in zip(*images)]


def cityscapes(images):
    """`getIouScoreForLabel` and `getScoreAverage` of evalPixelLevelSemanticLabeling.py."""
    return nanmean([iou(*counts) for counts in pooled(images)])


def voc(images):
    """VOCevalseg.m: MATLAB's mean of 0 / 0 is NaN."""
    return plain_mean([iou(*counts) for counts in pooled(images)])


def paddleseg(images):
    """`mean_iou` of paddleseg/utils/metrics.py: `if union[i] == 0: iou = 0`."""
    return plain_mean([or_value(iou(*counts), 0) for counts in pooled(images)])


def mmsegmentation_fscore(images):
    """`total_area_to_metrics` of IoUMetric: nanmean of F by way of precision and recall."""
    values = []
    for tp, fp, fn, _ in pooled(images):
        precision, recall = divided(tp, tp + fp), divided(tp, tp + fn)
        values.append(NAN if math.isnan(precision + recall) else divided(2 * precision * recall, precision + recall))
    return nanmean(values)


def smp_macro(images):
    """`_compute_metric` of segmentation_models_pytorch: NaN becomes zero_division, 1."""
    return plain_mean([or_value(iou(*counts), 1) for counts in pooled(images)])


def smp_macro_imagewise(images):
    return plain_mean([plain_mean([or_value(iou(*counts), 1) for counts in image]) for image in images])


def smp_micro_imagewise(images):
    return plain_mean([or_value(iou(*added(image)), 1) for image in images])


def smp_accuracy(images):
    tp, fp, fn, tn = added(pooled(images))
    return divided(tp + tn, tp + fp + fn + tn)


def torchmetrics_mean_iou(images):
    """MeanIoU.update adds scores and numbers of the classes whose union is above 0."""
    return nanmean([iou(*counts) for image in images for counts in image])


def monai(value):
    """`compute_iou` or `compute_dice` with ignore_empty, then `do_metric_reduction` with "mean"."""

    def reduced(images):
        of_images = [nanmean([value(*c) if c[0] + c[2] > 0 else NAN for c in image]) for image in images]
        return or_value(nanmean(of_images), 0.0)

    return reduced


def mean_of_images(value):
    return lambda images: nanmean([nanmean([value(*counts) for counts in image]) for image in images])


def mean_of_classes(images):
    return nanmean([nanmean([iou(*image[k]) for image in images]) for k in range(len(images[0]))])


def nnunet(images):
    """`compute_metrics_on_folder`: nanmean over cases, then a plain mean over classes but 0."""
    return plain_mean([nanmean([dice(*image[k]) for image in images]) for k in range(1, len(images[0]))])


PUBLISHED = {
    "as npseg": cityscapes,
    "as mmsegmentation": cityscapes,
    "as Hugging Face mean_iou": cityscapes,
    "as Cityscapes": cityscapes,
    "as Keras MeanIoU": cityscapes,
    "as torchmetrics JaccardIndex (macro)": cityscapes,
    "as scikit-learn jaccard_score(macro)": cityscapes,
    "as the VOC server": voc,
    "as torchvision's reference script": voc,
    "as scikit-learn jaccard_score(macro, labels=range(C))": paddleseg,
    "as PaddleSeg": paddleseg,
    "as the ADE20K script (CSAILVision)": paddleseg,
    "as smp (macro)": smp_macro,
    "as smp (micro)": lambda images: iou(*added(pooled(images))),
    "as smp (macro-imagewise)": smp_macro_imagewise,
    "as smp (micro-imagewise)": smp_micro_imagewise,
    "as torchmetrics MeanIoU (class)": torchmetrics_mean_iou,
    "as MONAI MeanIoU": monai(iou),
    "as Wang et al. 2023 (mIoU^I)": mean_of_images(iou),
    "as Wang et al. 2023 (mIoU^C)": mean_of_classes,
    "as mmsegmentation (mDice)": lambda images: nanmean([dice(*counts) for counts in pooled(images)]),
    "as mmsegmentation (mFscore)": mmsegmentation_fscore,
    "as scikit-learn f1_score(macro)": lambda images: nanmean([dice(*counts) for counts in pooled(images)]),
    "as torchmetrics DiceScore": mean_of_images(dice),
    "as MONAI DiceMetric": monai(dice),
    "as MONAI DiceMetric(ignore_empty=False)": lambda images: plain_mean(
        [plain_mean([or_value(dice(*counts), 1) for counts in image]) for image in images]
    ),
    "as nnU-Net (foreground mean)": nnunet,
    "as smp accuracy (micro)": smp_accuracy,
}


def test_every_convention_has_its_formula():
    assert list(PUBLISHED) == [one.name for one in CONVENTIONS]


@given(case=batches())
def test_scores_are_those_of_the_published_formulas(case):
    truth, prediction, num_classes = case
    images = [
        [counts_of_class(valid_pairs(t, p, IGNORE), k) for k in range(num_classes)] for t, p in zip(truth, prediction)
    ]
    metrics = SegmentationMetrics(num_classes, IGNORE)
    metrics.update(truth, prediction)
    found = {one.name: one for one in metrics.compute().conventions()}
    assert set(PUBLISHED) - set(found) == (set() if num_classes > 1 else {"as nnU-Net (foreground mean)"})
    for name, one in found.items():
        np.testing.assert_allclose(one.score, PUBLISHED[name](images), rtol=1e-12, err_msg=name)


@pytest.fixture
def scores():
    """Two images of four classes: 3 occurs nowhere, 2 is missed where it is and predicted where it is not."""
    metrics = SegmentationMetrics(4, IGNORE)
    metrics.update([[[0, 0, 1, 1]]], [[[0, 0, 1, 2]]], "a")
    metrics.update([[[0, 0, 2, 2]], [[IGNORE] * 4]], [[[0, 0, 0, 0]], [[0] * 4]], ["b", "void"])
    return metrics.compute()


def test_what_was_left_out_is_counted(scores):
    found = {one.name: one for one in scores.conventions()}

    def left(name):
        one = found[name]
        return one.images_left_out, one.classes_left_out, one.pairs_left_out

    assert left("as npseg") == (0, 1, 0)  # class 3
    assert left("as the VOC server") == (0, 0, 0)
    assert math.isnan(found["as the VOC server"].score)
    assert left("as mmsegmentation (mFscore)") == (0, 2, 0)  # class 2 has no hit
    assert left("as PaddleSeg") == (0, 0, 0)
    assert left("as Wang et al. 2023 (mIoU^I)") == (1, 1, 7)  # the void image 4, class 3 twice, class 1 in b
    assert left("as MONAI MeanIoU") == (1, 1, 8)  # and class 2 in a
    assert left("as smp (micro-imagewise)") == (0, 0, 0)
    assert left("as nnU-Net (foreground mean)") == (0, 0, 0)  # undefined, since class 3 is


def test_the_conventions_spread_far_on_one_set_of_predictions(scores):
    found = {one.name: one.score for one in scores.conventions()}
    assert found["as npseg"] == pytest.approx((4 / 6 + 1 / 2 + 0) / 3)
    assert found["as PaddleSeg"] == pytest.approx((4 / 6 + 1 / 2 + 0) / 4)
    assert found["as smp (macro)"] == pytest.approx((4 / 6 + 1 / 2 + 0 + 1) / 4)


def test_the_table_says_who_how_much_and_what_was_left_out(scores):
    lines = scores.conventions_table().splitlines()
    assert lines[0].split() == ["score", "metric", "convention", "rule"]
    assert len(lines) == 1 + len(CONVENTIONS)
    line = next(line for line in lines if "as MONAI MeanIoU" in line)
    assert line.endswith("[left out: 1 image, 1 class, 8 pairs]")
    assert next(line for line in lines if "VOC" in line).split()[0] == "–"  # noqa: RUF001


def test_conventions_go_into_json(scores):
    documents = json.loads(json.dumps([one.to_json() for one in scores.conventions()], allow_nan=False))
    assert documents[0]["name"] == "as npseg"
    assert set(documents[0]) == {
        "name", "metric", "rule", "score", "images_left_out", "classes_left_out", "pairs_left_out",
    }  # fmt: skip
    assert next(one for one in documents if "VOC" in one["name"])["score"] is None


def test_without_images_only_pooled_conventions_are_there(scores):
    pooled_only = Scores(scores.confusion, scores.class_names)
    names = [one.name for one in pooled_only.conventions()]
    assert names == [one.name for one in CONVENTIONS if not one.how.by_image]
    assert pooled_only.conventions_table().splitlines()[-1].startswith("conventions that score images are missing")
