"""Models by name."""

from __future__ import annotations

import fnmatch
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from npseg.errors import ArgumentError, ConfigError, near_matches
from npseg.models.base import SegmentationModel

__all__ = ["create_model", "list_models", "model_settings", "register_model"]

Maker = TypeVar("Maker", bound=Callable[..., SegmentationModel])

_MODELS: dict[str, Callable[..., SegmentationModel]] = {}
_COMMON = ("in_channels", "num_classes", "seed")


def register_model(name: str) -> Callable[[Maker], Maker]:
    """Decorator that enters a class or function under `name`; a name that is taken raises `ArgumentError`.

    It must take `in_channels`, `num_classes`, `seed` and the settings of its own by keyword.
    """

    def enter(maker: Maker) -> Maker:
        if name in _MODELS:
            raise ArgumentError(f"register_model: {name!r} is already {_MODELS[name].__name__}; choose another name")
        lacking = [common for common in _COMMON if common not in inspect.signature(maker).parameters]
        if lacking:
            raise ArgumentError(f"register_model: {name!r} does not take {', '.join(lacking)}")
        _MODELS[name] = maker
        return maker

    return enter


def create_model(
    name: str, *, in_channels: int = 3, num_classes: int = 2, seed: int = 0, **config: Any
) -> SegmentationModel:
    """Build the model called `name` with fresh weights.

    Args:
        in_channels, num_classes: channels of the images and of the logits.
        seed: of the initial weights; equal seeds give equal weights.
        config: the model's own settings, such as `base_channels=16`; see `model_settings(name)`.

    Raises `ConfigError` for an unknown name or setting (with near matches) and for a value out of range.

    >>> create_model("unet", in_channels=1, num_classes=3, base_channels=4, depth=2).config["depth"]
    2
    """
    known = model_settings(name)
    for setting in config:
        if setting not in known:
            raise ConfigError(f"{name}: unknown setting {setting!r}{near_matches(setting, known)}")
    return _MODELS[name](in_channels=in_channels, num_classes=num_classes, seed=seed, **config)


def list_models(pattern: str | None = None) -> list[str]:
    """Names of all models, or of those that match a shell pattern.

    >>> list_models("fcn*")
    ['fcn16s', 'fcn32s', 'fcn8s']
    """
    return [name for name in sorted(_MODELS) if pattern is None or fnmatch.fnmatch(name, pattern)]


def model_settings(name: str) -> dict[str, Any]:
    """The settings of a model's own, with their defaults; `ConfigError` for an unknown name.

    >>> model_settings("unet")
    {'base_channels': 64, 'depth': 4, 'upsampling': 'transposed', 'skips': True}
    """
    if name not in _MODELS:
        raise ConfigError(f"unknown model {name!r}{near_matches(str(name), _MODELS)}")
    parameters = inspect.signature(_MODELS[name]).parameters.values()
    return {p.name: p.default for p in parameters if p.name not in _COMMON}
