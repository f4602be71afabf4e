"""Feature extractors that models build on, one file per paper."""

from __future__ import annotations

from npseg.backbones.vgg import VGG16

__all__ = ["VGG16"]
