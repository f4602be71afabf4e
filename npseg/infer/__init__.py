"""Prediction: from images to logits and label maps."""

from __future__ import annotations

from npseg.infer.compiled import Compiled, compile
from npseg.infer.predictor import Predictor

__all__ = ["Compiled", "Predictor", "compile"]
