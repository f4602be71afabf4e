"""Training: the loop (`Trainer`), and runs in a directory that can be stopped and resumed (`train_run`)."""

from __future__ import annotations

from npseg.train.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from npseg.train.config import LossConfig, ModelConfig, OptimConfig, RunConfig, TrainConfig
from npseg.train.directory import RunDirectory
from npseg.train.log import MetricsLog, read_log
from npseg.train.run import RunOutcome, train_run
from npseg.train.settings import Layer, from_pairs, from_toml
from npseg.train.setup import load_source
from npseg.train.trainer import StepRecord, Trainer
from npseg.train.validate import evaluate
from npseg.train.watch import Watcher

__all__ = [
    "Checkpoint",
    "Layer",
    "LossConfig",
    "MetricsLog",
    "ModelConfig",
    "OptimConfig",
    "RunConfig",
    "RunDirectory",
    "RunOutcome",
    "StepRecord",
    "TrainConfig",
    "Trainer",
    "Watcher",
    "evaluate",
    "from_pairs",
    "from_toml",
    "load_source",
    "read_checkpoint",
    "read_log",
    "train_run",
    "write_checkpoint",
]
