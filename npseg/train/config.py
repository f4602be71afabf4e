"""The configuration of a run: every setting in a typed section.

Precedence, weakest first: defaults, the recipe of the data set, the --config file, --set and the other flags.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from npseg.data import AugmentConfig, DataConfig, available
from npseg.errors import ConfigError, NpsegError, near_matches
from npseg.models import model_settings
from npseg.train.settings import Layer, Text, coerce, flatten, guess, merge

__all__ = ["LossConfig", "ModelConfig", "OptimConfig", "RunConfig", "TrainConfig", "differences"]


@dataclass(frozen=True)
class ModelConfig:
    """Which model, and the arguments it is created with (its own defaults hold for all others)."""

    name: str = "unet"
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LossConfig:
    """Weights of the summed losses, and their settings.

    `class_weights` is "none", "balanced" (pixels / (classes * pixels of the class), counted on the training
    split) or one weight per class. `aux_weight` scales the loss of each auxiliary head.
    """

    cross_entropy: float = 1.0
    dice: float = 0.0
    focal: float = 0.0
    focal_gamma: float = 2.0
    label_smoothing: float = 0.0
    class_weights: Literal["none", "balanced"] | tuple[float, ...] = "none"
    aux_weight: float = 0.4

    def __post_init__(self) -> None:
        for name in ("cross_entropy", "dice", "focal", "focal_gamma", "aux_weight"):
            _at_least(f"loss.{name}", getattr(self, name), 0)
        if not self.cross_entropy + self.dice + self.focal > 0:
            raise ConfigError(
                "loss: cross_entropy, dice and focal are all 0, so there is nothing to learn from; "
                "set one of them above 0"
            )
        if not 0 <= self.label_smoothing < 1:
            raise ConfigError(f"loss.label_smoothing: expected 0 <= value < 1, got {self.label_smoothing}")
        if not isinstance(self.class_weights, str) and not all(w >= 0 for w in self.class_weights):
            raise ConfigError(f"loss.class_weights: expected weights of at least 0, got {list(self.class_weights)}")
        if not isinstance(self.class_weights, str) and not any(self.class_weights):
            raise ConfigError(
                f"loss.class_weights: {list(self.class_weights)} leaves nothing to learn from; give a class more than 0"
            )


@dataclass(frozen=True)
class OptimConfig:
    """The update rule and its learning rate over the run.

    `lr` is the highest learning rate that the schedule reaches. `warmup_steps` is how long it rises at the start: for
    one_cycle along a cosine from 1/25, where 0 means the usual 30 % of the steps; for the others in a straight line,
    where 0 means not at all. `momentum` and `nesterov` are for sgd, `betas` for adam and adamw, `power` for poly.
    `clip_norm` bounds the norm of all gradients together.
    """

    name: Literal["adamw", "adam", "sgd"] = "adamw"
    lr: float = 1e-3
    weight_decay: float = 0.01
    momentum: float = 0.9
    nesterov: bool = True
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: Literal["one_cycle", "poly", "cosine", "constant"] = "one_cycle"
    warmup_steps: int = 0
    power: float = 0.9
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        _above("optim.lr", self.lr, 0)
        _at_least("optim.weight_decay", self.weight_decay, 0)
        _at_least("optim.warmup_steps", self.warmup_steps, 0)
        _above("optim.power", self.power, 0)
        if not 0 <= self.momentum < 1:
            raise ConfigError(f"optim.momentum: expected 0 <= value < 1, got {self.momentum}")
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ConfigError(f"optim.betas: expected two values with 0 <= value < 1, got {list(self.betas)}")
        if self.clip_norm is not None:
            _above("optim.clip_norm", self.clip_norm, 0)


@dataclass(frozen=True)
class TrainConfig:
    """How long to train, and how often to score and to save.

    Either `steps` or `epochs` is set, the other is none. `eval_every` counts steps; none means ten times over
    the run, and the last step is always scored. `patience` stops the run after that many scorings without a
    better validation mIoU; 0 never stops early. `recompute` trades time for memory: blocks of the model keep only
    their inputs, and the backward pass computes the rest again; the results are the same.
    """

    steps: int | None = 400
    epochs: int | None = None
    eval_every: int | None = None
    checkpoint_every: int = 50
    patience: int = 0
    recompute: bool = False

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.epochs is None):
            raise ConfigError("train: set either train.steps or train.epochs, and the other to none")
        for name in ("steps", "epochs", "eval_every", "checkpoint_every"):
            value = getattr(self, name)
            if value is not None:
                _at_least(f"train.{name}", value, 1)
        _at_least("train.patience", self.patience, 0)

    def total_steps(self, steps_per_epoch: int) -> int:
        """Length of the run in steps."""
        if self.steps is not None:
            return self.steps
        return int(self.epochs or 0) * steps_per_epoch

    def eval_interval(self, total_steps: int) -> int:
        """Steps between two scorings.

        >>> TrainConfig(steps=400).eval_interval(400)
        40
        """
        if self.eval_every is not None:
            return self.eval_every
        return max(1, -(-total_steps // 10))


def _above(name: str, value: float, low: float) -> None:
    if not value > low:
        raise ConfigError(f"{name}: expected a value above {low}, got {value}")


def _at_least(name: str, value: float, low: float) -> None:
    if not value >= low:
        raise ConfigError(f"{name}: expected a value of at least {low}, got {value}")


_SECTIONS: dict[str, type] = {
    "data": DataConfig,
    "augment": AugmentConfig,
    "loss": LossConfig,
    "optim": OptimConfig,
    "train": TrainConfig,
}
# What the data decides, so that it cannot be set.
_DERIVED = {
    "model.num_classes": "the classes of the data set decide it; see data.classes",
    "model.in_channels": "the images of the data set decide it",
    "model.seed": "set `seed`, which also decides the order of the images",
}


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides the outcome of a run. `notes` say what was chosen where nobody did; they are not stored.

    >>> config = RunConfig.from_layers([Layer("--set", {"data.source": "shapes", "optim.lr": Text("0.01")})])
    >>> config.source, config.optim.lr, config == RunConfig.from_json(config.to_json())
    ('shapes', 0.01, True)
    """

    source: str
    seed: int = 0
    data: DataConfig = field(default_factory=DataConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    notes: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def from_layers(cls, layers: Iterable[Layer]) -> RunConfig:
        """Lay the layers over the defaults. Raises `ConfigError` for unknown keys and values of a wrong type."""
        merged = merge(layers)
        model: dict[str, Any] = {}
        sections: dict[str, dict[str, Any]] = {name: {} for name in _SECTIONS}
        top: dict[str, Any] = {}
        for key, (value, origin) in merged.items():
            where = f"{origin}: {key}"
            hint = _hint(key, where)
            section, dot, name = key.partition(".")
            if section == "model" and dot:
                model[name] = coerce(value, hint, where) if name == "name" else _plain(value)
            elif key == "data.source":
                top["source"] = _located(coerce(value, str, where))
            elif dot:
                sections[section][name] = coerce(value, hint, where)
            else:
                top[key] = coerce(value, hint, where)
        if "source" not in top:
            raise ConfigError("no data: give --data NAME or --data DIR; `npseg data list` shows the names")
        if not top.get("seed", 0) >= 0:
            raise ConfigError(f"seed: expected a value of at least 0, got {top['seed']}")
        name = model.pop("name", ModelConfig.name)
        typed = {section: _build(_SECTIONS[section], section, values) for section, values in sections.items()}
        return cls(**top, model=ModelConfig(name, model), **typed)

    @classmethod
    def from_dict(cls, nested: Mapping[str, Any], origin: str = "configuration") -> RunConfig:
        """From the nested tables of `to_dict`, a recipe or a TOML file."""
        return cls.from_layers([Layer(origin, flatten(nested))])

    def filled(self) -> RunConfig:
        """With the model's own default for each of its settings that nobody set. `ConfigError` for an unknown model."""
        settings = model_settings(self.model.name) | self.model.settings
        return dataclasses.replace(self, model=ModelConfig(self.model.name, settings))

    def to_dict(self) -> dict[str, Any]:
        """Nested tables of plain values, ready for JSON."""
        nested: dict[str, Any] = {"seed": self.seed, "data": {"source": self.source}}
        for section in _SECTIONS:
            values = dataclasses.asdict(getattr(self, section))
            nested.setdefault(section, {}).update(values)
        nested["model"] = {"name": self.model.name, **self.model.settings}
        # Tuples become lists, as they come back from JSON.
        return typing.cast(dict[str, Any], json.loads(json.dumps(nested)))

    def to_json(self) -> str:
        """The configuration as JSON text with sorted keys."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str, origin: str = "configuration") -> RunConfig:
        """From the text of `to_json`; other top-level keys than settings are an error."""
        try:
            nested = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"{origin}: not valid JSON ({error})") from error
        if not isinstance(nested, dict):
            raise ConfigError(f"{origin}: expected a table of settings, got {type(nested).__name__}")
        return cls.from_dict(nested, origin)


def _located(source: str) -> str:
    """Folders by their full path, so that a run can be scored from anywhere; names as they are."""
    path = Path(source).expanduser()
    return source if source in dict(available()) or not path.exists() else str(path.absolute())


def _plain(value: Any) -> Any:
    return guess(value) if isinstance(value, Text) else value


def _build(kind: type, section: str, values: dict[str, Any]) -> Any:
    try:
        return kind(**values)
    except NpsegError:
        raise
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{section}: {error}") from error


def _hint(key: str, where: str) -> Any:
    """Type of the setting `key`; `Any` for arguments of a model, which the model itself checks."""
    if key in _DERIVED:
        raise ConfigError(f"{where} cannot be set: {_DERIVED[key]}")
    section, dot, name = key.partition(".")
    if key == "seed":
        return int
    if section == "model" and dot:
        return str if name == "name" else Any
    if key == "data.source":
        return str
    if dot and section in _SECTIONS:
        hints = typing.get_type_hints(_SECTIONS[section])
        known = {f.name: hints[f.name] for f in dataclasses.fields(_SECTIONS[section])}
        if name in known:
            return known[name]
    raise ConfigError(f"{where} is not a setting{_suggest(key)}")


def _suggest(key: str) -> str:
    names = {section: [f.name for f in dataclasses.fields(kind)] for section, kind in _SECTIONS.items()}
    section, dot, name = key.partition(".")
    wanted = name if dot else key
    if dot and section in names:
        close = difflib.get_close_matches(name, names[section])
        if close:
            return _did_you_mean(f"{section}.{found}" for found in close)
    # The right name in another section, or in none: "lr", "train.lr".
    elsewhere = [f"{other}.{wanted}" for other, known in names.items() if wanted in known]
    if elsewhere:
        return _did_you_mean(elsewhere)
    if dot and section in names:
        return f"; known in {section}: " + ", ".join(sorted(names[section]))
    return near_matches(section, ["seed", "model", *names]) if dot else "; settings look like optim.lr, or seed"


def _did_you_mean(keys: Iterable[str]) -> str:
    return "; did you mean " + " or ".join(repr(key) for key in keys) + "?"


def differences(old: RunConfig, new: RunConfig) -> dict[str, tuple[Any, Any]]:
    """Dotted keys whose values differ: key to (old, new).

    >>> differences(RunConfig("shapes"), RunConfig("shapes", seed=3))
    {'seed': (0, 3)}
    """
    before, after = flatten(old.to_dict()), flatten(new.to_dict())
    keys = sorted(before.keys() | after.keys())
    return {k: (before.get(k), after.get(k)) for k in keys if before.get(k) != after.get(k)}
