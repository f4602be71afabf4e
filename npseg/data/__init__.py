"""From files to batches: sources of images and masks, splits, augmentation, checks.

In short:

    config = data.DataConfig(crop_size=96, batch_size=8)
    source = data.load("shapes", config)
    train = source.split("train")
    intensity = data.Intensity.fit(train, config)
    batches = data.TrainingBatches(train, intensity, source.info, config, data.AugmentConfig(), seed=0)
    for batch in data.prefetch(batches, 0, 100, workers=1): ...
"""

from __future__ import annotations

from npseg.data.batches import Batch, TrainingBatches
from npseg.data.check import CheckReport, check
from npseg.data.config import AugmentConfig, DataConfig
from npseg.data.crops import fitting_crop, share_of_padding, small_images
from npseg.data.dataset import SPLITS, Dataset, DatasetInfo, DataSource, Sample
from npseg.data.files import read_image, write_image, write_index_png
from npseg.data.intensity import Intensity
from npseg.data.masks import read_mask
from npseg.data.palette import voc_palette
from npseg.data.pictures import colourise, contact_sheet, overlay, viewable
from npseg.data.prefetch import Prefetcher, prefetch
from npseg.data.problems import Problem
from npseg.data.sampling import class_counts
from npseg.data.sources import available, fetch, load, recipe

__all__ = [
    "SPLITS",
    "AugmentConfig",
    "Batch",
    "CheckReport",
    "DataConfig",
    "DataSource",
    "Dataset",
    "DatasetInfo",
    "Intensity",
    "Prefetcher",
    "Problem",
    "Sample",
    "TrainingBatches",
    "available",
    "check",
    "class_counts",
    "colourise",
    "contact_sheet",
    "fetch",
    "fitting_crop",
    "load",
    "overlay",
    "prefetch",
    "read_image",
    "read_mask",
    "recipe",
    "share_of_padding",
    "small_images",
    "viewable",
    "voc_palette",
    "write_image",
    "write_index_png",
]
