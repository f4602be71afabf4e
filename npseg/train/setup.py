"""From settings to the objects they describe: data, model, loss, optimiser, trainer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from npseg import losses, optim
from npseg.data import (
    Dataset,
    DatasetInfo,
    DataSource,
    Intensity,
    TrainingBatches,
    available,
    class_counts,
    fetch,
    fitting_crop,
    load,
    recipe,
    share_of_padding,
    small_images,
)
from npseg.errors import ConfigError, near_matches
from npseg.models import create_model, list_models, model_settings
from npseg.train.config import LossConfig, ModelConfig, OptimConfig, RunConfig
from npseg.train.settings import Layer, flatten
from npseg.train.trainer import Trainer

__all__ = ["build_loss", "build_model", "build_optimizer", "build_trainer", "fit_crop", "load_source", "resolve"]


def resolve(layers: Sequence[Layer]) -> RunConfig:
    """The full configuration that `layers` give over the recipe of the data set.

    Raises `ConfigError` for wrong settings, of the model too: they must not wait for the data to be fetched.
    """
    source = RunConfig.from_layers(layers).source
    advised = Layer(f"the recipe of {source}", flatten(recipe(source)))
    name = RunConfig.from_layers([advised, *layers]).model.name
    config = RunConfig.from_layers([_fitting(advised, name), *layers]).filled()
    model = create_model(name, **config.model.settings)
    # The model knows what it made of a setting that says none.
    settings = {key: model.config[key] for key in config.model.settings}
    return fit_crop(dataclasses.replace(config, model=ModelConfig(name, settings)), [advised, *layers])


def fit_crop(config: RunConfig, layers: Sequence[Layer]) -> RunConfig:
    """With smaller crops where no training image fills them; where `layers` set the size, it stays, with a note."""
    sides = small_images(config.source, config.data)
    if not sides:
        return config
    fitting, asked = fitting_crop(sides), config.data.crop_size
    if any("data.crop_size" in layer.values for layer in layers):
        note = (
            f"data.crop_size: {100 * share_of_padding(sides, asked):.0f} % of a crop of {asked} is padding, since no "
            f"training image holds a larger square than {max(sides)[0]}; {fitting} would do."
        )
        return dataclasses.replace(config, notes=(*config.notes, note))
    note = f"data.crop_size: {fitting}, since no training image holds a larger square; set it to choose another."
    data = dataclasses.replace(config.data, crop_size=fitting)
    return dataclasses.replace(config, data=data, notes=(*config.notes, note))


def load_source(config: RunConfig, tell: Callable[[str], Any] | None = None) -> DataSource:
    """The data of a run, fetched if need be; `tell` hears of that. Its notes end with those of `config`."""
    named = config.source in dict(available())
    if named and config.source != "shapes":
        fetch(config.source, tell)
    source = load(config.source, config.data)
    wanted = config.data.classes
    if named and wanted and wanted != source.info.classes:
        raise ConfigError(
            f"data.classes: {config.source} has {source.info.num_classes} classes ({', '.join(source.info.classes)}), "
            f"the setting names {len(wanted)} ({', '.join(wanted)}); leave it out"
        )
    source.notes += config.notes
    return source


def _fitting(recipe: Layer, model: str) -> Layer:
    """A recipe is written with one model in mind: settings that only other models have are left out."""
    own = {f"model.{setting}" for setting in ("name", *model_settings(model))}
    others = {f"model.{setting}" for other in list_models() for setting in model_settings(other)}
    for key in recipe.values:
        if key.startswith("model.") and key not in own | others:
            raise ConfigError(f"{recipe.origin}: {key} is not a setting of any model{near_matches(key, own)}")
    return Layer(recipe.origin, {key: value for key, value in recipe.values.items() if key not in others - own})


def build_model(config: RunConfig, in_channels: int, info: DatasetInfo) -> Any:
    """The untrained model of a run."""
    return create_model(
        config.model.name,
        in_channels=in_channels,
        num_classes=info.num_classes,
        seed=config.seed,
        **config.model.settings,
    )


def build_trainer(
    config: RunConfig, model: Any, info: DatasetInfo, training: Dataset, intensity: Intensity
) -> tuple[Trainer, int]:
    """The trainer of a run, and the number of steps the run is planned for."""
    batches = TrainingBatches(training, intensity, info, config.data, config.augment, config.seed)
    steps = config.train.total_steps(batches.steps_per_epoch)
    if config.optim.warmup_steps >= steps:
        raise ConfigError(
            f"optim.warmup_steps={config.optim.warmup_steps} must be less than the {steps} steps of the run"
        )
    model.recompute = config.train.recompute
    trainer = Trainer(
        model,
        batches,
        loss=build_loss(config.loss, info, training),
        optimizer=build_optimizer(config.optim, model),
        schedule=optim.make_schedule(
            config.optim.schedule, steps, warmup_steps=config.optim.warmup_steps, power=config.optim.power
        ),
        clip_norm=config.optim.clip_norm,
        workers=config.data.workers,
    )
    return trainer, steps


def build_loss(config: LossConfig, info: DatasetInfo, training: Dataset) -> losses.Sum:
    """The sum of losses; "balanced" class weights are counted on the training split."""
    weights: np.ndarray | None
    if config.class_weights == "balanced":
        weights = _balanced(class_counts(training, info.num_classes))
    elif config.class_weights == "none":
        weights = None
    else:
        weights = np.asarray(config.class_weights, np.float64)
        if len(weights) != info.num_classes:
            raise ConfigError(
                f"loss.class_weights: {len(weights)} weights for {info.num_classes} classes "
                f"({', '.join(info.classes)}); give one for each"
            )
    return losses.build(
        cross_entropy=config.cross_entropy,
        dice=config.dice,
        focal=config.focal,
        focal_gamma=config.focal_gamma,
        label_smoothing=config.label_smoothing,
        class_weights=weights,
        ignore_index=info.padding_label,
        aux_weight=config.aux_weight,
    )


def _balanced(counts: np.ndarray) -> np.ndarray:
    """Weights that give each class the same say: pixels / (classes * pixels of the class), as scikit-learn does.

    A class that never occurs gets 1, which nothing reads.

    >>> _balanced(np.array([[3, 1, 0]])).tolist()
    [0.4444444444444444, 1.3333333333333333, 1.0]
    """
    pixels = counts.sum(axis=0).astype(np.float64)
    return np.where(pixels > 0, pixels.sum() / (len(pixels) * np.maximum(pixels, 1)), 1.0)


def build_optimizer(config: OptimConfig, model: Any) -> optim.Optimizer:
    """The update rule, sparing norms and biases from weight decay."""
    groups = optim.decay_groups(model, config.weight_decay)
    if config.name == "sgd":
        nesterov = config.nesterov and config.momentum > 0
        return optim.SGD(groups, lr=config.lr, momentum=config.momentum, nesterov=nesterov)
    kind = optim.AdamW if config.name == "adamw" else optim.Adam
    return kind(groups, lr=config.lr, betas=config.betas)
