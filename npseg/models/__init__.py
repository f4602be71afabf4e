"""Segmentation models, one file per paper, and the registry that names them."""

from __future__ import annotations

from npseg.models.base import SegmentationModel
from npseg.models.fcn import FCN8s, FCN16s, FCN32s
from npseg.models.profiles import Profile, profile
from npseg.models.registry import create_model, list_models, model_settings, register_model
from npseg.models.unet import UNet

__all__ = [
    "FCN8s",
    "FCN16s",
    "FCN32s",
    "Profile",
    "SegmentationModel",
    "UNet",
    "create_model",
    "list_models",
    "model_settings",
    "profile",
    "register_model",
]
