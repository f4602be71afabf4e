"""Class names and colours of published data sets whose layout we recognise."""

from __future__ import annotations

import numpy as np

__all__ = ["CAMVID_CLASSES", "CAMVID_COLOURS", "CAMVID_VOID", "VOC_BORDER_COLOUR", "VOC_CLASSES"]

VOC_CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
VOC_BORDER_COLOUR = (224, 224, 192)  # of label 255 in the VOC palette

CAMVID_CLASSES = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist",
)  # fmt: skip
CAMVID_VOID = 11
CAMVID_COLOURS = np.array(
    [
        (128, 128, 128), (128, 0, 0), (192, 192, 128), (128, 64, 128), (60, 40, 222), (128, 128, 0),
        (192, 128, 128), (64, 64, 128), (64, 0, 128), (64, 64, 0), (0, 128, 192),
    ],
    np.uint8,
)  # fmt: skip
