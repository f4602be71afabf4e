"""From files to batches: sources of images and masks, splits, augmentation, checks.

    source = data.load("shapes", data.DataConfig())
    train = source.split("train")
    intensity = data.Intensity.fit(train, config)
    batches = data.TrainingBatches(train, intensity, source.info, config, data.AugmentConfig(), seed=0)
    for batch in data.prefetch(batches, 0, 100, workers=1): ...
"""

from __future__ import annotations

from npseg.data.batches import Batch, TrainingBatches
from npseg.data.config import AugmentConfig, DataConfig
from npseg.data.dataset import SPLITS, Dataset, DatasetInfo, DataSource, Sample
from npseg.data.intensity import Intensity
from npseg.data.palette import voc_palette
from npseg.data.prefetch import Prefetcher, prefetch
from npseg.data.sampling import class_counts
from npseg.data.sources import load

__all__ = [
    "SPLITS",
    "AugmentConfig",
    "Batch",
    "DataConfig",
    "DataSource",
    "Dataset",
    "DatasetInfo",
    "Intensity",
    "Prefetcher",
    "Sample",
    "TrainingBatches",
    "class_counts",
    "load",
    "prefetch",
    "voc_palette",
]
