"""Prediction: from images to logits and label maps."""

from __future__ import annotations

from npseg.infer.predictor import Predictor

__all__ = ["Predictor"]
