"""Compile ahead what training and prediction need, by doing a little of both.

A kernel is compiled for the types of its arguments, not for their sizes, so a step on small images makes all that a
long run will use. Which kernel a convolution takes does depend on sizes, so each model runs narrow on larger images and
wide on small ones. Optimisers and losses that the recipe does not use are tried with one model, and ways of upsampling
with every model that offers them. Depthwise convolution, which no shipped model has, is a piece of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg import infer, nn
from npseg.autograd import Tensor
from npseg.data import Intensity
from npseg.infer import Predictor
from npseg.models import list_models, model_settings
from npseg.models.unet import UPSAMPLINGS
from npseg.train.settings import Layer
from npseg.train.setup import build_model, build_trainer, load_source, resolve
from npseg.train.validate import evaluate

__all__ = ["Depthwise", "Piece", "pieces"]

_TINY_DATA = {"data.source": "shapes", "data.shapes_counts": [2, 1, 0], "data.workers": 0, "train.steps": 1}
# By setting, since models do not share them. So narrow, U-Net copies images together at its first level and convolves
# them as they are at the second. The widest layers of VGG-16 would take 2 GB and compile nothing new.
_NARROW = {"base_channels": 8, "width": 0.25}
_WIDE = {"fc_channels": 512}
_VARIANTS: dict[str, dict[str, Any]] = {
    "sgd": {"optim.name": "sgd"},
    "cross-entropy alone": {"loss.dice": 0.0, "loss.class_weights": "none"},
    "focal": {"loss.focal": 1.0},
}


@dataclass(frozen=True)
class Piece:
    """A training step and a prediction, with settings of a run over the recipe of the synthetic data."""

    title: str
    settings: dict[str, Any]

    @property
    def model(self) -> str:
        """The name of the model that it builds."""
        return str(self.settings["model.name"])

    def run(self) -> None:
        """Do it; everything is dropped but the compiled kernels."""
        run = resolve([Layer("warmup", {**_TINY_DATA, **self.settings})])
        source = load_source(run)
        training = source.split("train")
        intensity = Intensity.fit(training, run.data)
        model = build_model(run, intensity.in_channels, source.info)
        trainer, steps = build_trainer(run, model, source.info, training, intensity)
        trainer.fit(steps)
        evaluate(Predictor(model, intensity.apply), source.split("val"), source.info)


@dataclass(frozen=True)
class Depthwise:
    """A step forward and back, and a prediction, of depthwise convolutions, at stride 1 and 2."""

    title: str = "depthwise convolution"
    model: None = None

    def run(self) -> None:
        """Do it; everything is dropped but the compiled kernels."""
        layers = [nn.Conv2d(16, 16, 3, stride=stride, padding=1, groups=16) for stride in (1, 2)]
        block, images = nn.Sequential(*layers), np.zeros((1, 8, 8, 16), np.float32)
        block(Tensor(images, requires_grad=True)).sum().backward()
        infer.compile(block)(images)


def pieces(models: Sequence[str] | None = None) -> Iterator[Piece | Depthwise]:
    """What there is to do for these models, or for all, and then for layers too that no model has.

    Raises `ConfigError` for an unknown name.

    >>> [piece.title for piece in pieces(["unet"])][:3]
    ['unet, narrow', 'unet, wide', 'unet, bilinear upsampling']
    """
    names = list(models) if models else list_models()
    shapes = {name: _shapes(name) for name in names}  # all of them first: a wrong name is told before any work
    for number, name in enumerate(names):
        for title, settings in shapes[name].items():
            yield Piece(f"{name}, {title}", settings)
        if number == 0:
            for title, more in _VARIANTS.items():
                yield Piece(f"{name}, {title}", {**shapes[name]["narrow"], **more})
    if not models:
        yield Depthwise()


def _shapes(name: str) -> dict[str, dict[str, Any]]:
    own = model_settings(name)

    def chosen(settings: dict[str, Any], size: int, batch: int) -> dict[str, Any]:
        mine = {f"model.{key}": value for key, value in settings.items() if key in own}
        # The recipe narrows the model; the wide one is as its authors made it.
        defaults = {f"model.{key}": value for key, value in own.items() if key in _NARROW}
        sizes = {"data.shapes_size": size, "data.crop_size": size, "data.batch_size": batch}
        return {"model.name": name, **defaults, **mine, **sizes}

    shapes = {"narrow": chosen(_NARROW, 192, 2), "wide": chosen(_WIDE, 64, 2)}
    if "upsampling" in own:
        # Their convolutions are those of the default; what is new is compiled at any size.
        shallow = chosen({**_NARROW, "depth": 1}, 64, 2)
        for upsampling in UPSAMPLINGS:
            if upsampling != own["upsampling"]:
                words = upsampling.replace("_", " ")
                shapes[f"{words} upsampling"] = {**shallow, "model.upsampling": upsampling}
    return shapes
