"""The training loop: batch, forward, loss, backward, update. It touches no file."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from npseg import losses, optim
from npseg.data import prefetch
from npseg.errors import ArgumentError, TrainingError
from npseg.train.ahead import companion

__all__ = ["DivergedError", "StepRecord", "Trainer"]


class DivergedError(TrainingError):
    """The loss or a gradient is not a number. To go on from there would lead there again."""


@dataclass(frozen=True)
class StepRecord:
    """What one step did. `step` counts from 1; `seconds` is the work, `waited` the time spent waiting for data."""

    step: int
    loss: float
    parts: dict[str, float]
    lr: float
    grad_norm: float
    seconds: float
    waited: float
    names: tuple[str, ...] = field(default=(), repr=False)

    def to_json(self) -> dict[str, Any]:
        """The line of `metrics.jsonl`."""
        return {
            "step": self.step,
            "loss": self.loss,
            **{f"loss_{name}": value for name, value in self.parts.items()},
            "lr": self.lr,
            "grad_norm": self.grad_norm,
            "seconds": round(self.seconds, 6),
            "waited": round(self.waited, 6),
        }


class Trainer:
    """Trains `model` on `batches`.

    - `batches`: an object with `.batch(step)`, or a function of the step (counted from 0), that gives something
      with `.images` (N, H, W, C) and `.labels` (N, H, W), or the pair of them.
    - `loss`: a function of (logits, labels), or a `losses.Sum`, which also weighs auxiliary heads; cross-entropy if
      left out.
    - `optimizer`: made beforehand from the model's parameters; AdamW if left out.
    - `schedule`: a function of the step that scales the learning rate the optimizer has now, such as
      `optim.one_cycle(steps)`; it stays as it is if left out.
    - `clip_norm`: largest norm of all gradients together.
    - `workers`: threads that prepare batches ahead.

    A loss or gradient that is not a number raises `DivergedError` before the weights are touched.

    >>> import npseg, numpy as np
    >>> model = npseg.create_model("unet", in_channels=1, num_classes=2, base_channels=2, depth=1)
    >>> images = np.linspace(-1, 1, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    >>> trainer = Trainer(model, lambda step: (images, (images[..., 0] > 0).astype(np.int32)))
    >>> records = trainer.fit(3)
    >>> [record.step for record in records], trainer.step
    ([1, 2, 3], 3)
    """

    def __init__(
        self,
        model: Any,
        batches: Any,
        *,
        loss: Callable[[Any, np.ndarray], Any] | None = None,
        optimizer: Any | None = None,
        schedule: Callable[[int], float] | None = None,
        clip_norm: float | None = None,
        workers: int = 0,
    ) -> None:
        if not (hasattr(batches, "batch") or callable(batches)):
            raise ArgumentError(
                "Trainer: batches must have a method batch(step) or be a function of the step, got "
                f"{type(batches).__name__}; for a list use lambda step: batches[step % len(batches)]"
            )
        self.model = model
        self.batches = batches if hasattr(batches, "batch") else _FromFunction(batches)
        self.loss = loss if isinstance(loss, losses.Sum) else _as_sum(loss or losses.cross_entropy)
        self.optimizer = optimizer if optimizer is not None else optim.AdamW(model.parameters())
        self.peak_lr = float(self.optimizer.lr)
        self.schedule = schedule
        self.clip_norm = clip_norm
        self.workers = workers
        self.step = 0

    def fit(self, steps: int) -> list[StepRecord]:
        """Train for `steps` more steps."""
        return list(self.run(steps))

    def run(self, steps: int) -> Iterator[StepRecord]:
        """Train for `steps` more steps, handing out the record of each; whoever iterates may stop at any time."""
        first, stop = self.step, self.step + steps
        self.model.train()
        with prefetch(self.batches, self.step, stop, self.workers) as batches:
            while self.step < stop:
                waited = batches.waited
                batch = next(batches)
                with companion() if self.step == first else nullcontext():
                    record = self.train_step(batch, waited=batches.waited - waited)
                yield record

    def train_step(self, batch: Any, *, waited: float = 0.0) -> StepRecord:
        """One update of the weights from one batch."""
        # NumPy's warnings say nothing that the checks of loss and gradient below do not say better.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self._train_step(batch, waited)

    def _train_step(self, batch: Any, waited: float) -> StepRecord:
        begun = time.perf_counter()
        images, labels, names = _unpack(batch)
        self.model.set_step(self.step)
        if self.schedule is not None:
            self.optimizer.lr = self.peak_lr * float(self.schedule(self.step))
        self.optimizer.zero_grad()
        total, parts = self.loss.evaluate(self.model(images), labels)
        loss = float(total.item())
        if not math.isfinite(loss):
            raise DivergedError(self._not_finite(f"the loss is {loss}", parts, names))
        total.backward()
        norm = self._gradient_norm()
        if not math.isfinite(norm):
            raise DivergedError(self._not_finite(f"the norm of the gradients is {norm}", parts, names))
        self.optimizer.step()
        self.step += 1
        seconds = time.perf_counter() - begun
        return StepRecord(self.step, loss, parts, float(self.optimizer.lr), norm, seconds, waited, names)

    def _gradient_norm(self) -> float:
        limit = self.clip_norm if self.clip_norm is not None else math.inf
        return float(optim.clip_grad_norm(self.model.parameters(), limit))

    def _not_finite(self, what: str, parts: dict[str, float], names: Sequence[str]) -> str:
        listed = ", ".join(names) if names else "not named"
        terms = ", ".join(f"{name} {value:.4g}" for name, value in parts.items())
        return (
            f"step {self.step + 1}: {what} ({terms}; learning rate {float(self.optimizer.lr):.3g}). "
            f"Images of the batch: {listed}. Start again with a lower learning rate (optim.lr), clip the gradients "
            "(optim.clip_norm=1), add warm-up (optim.warmup_steps), and look for damaged images with "
            "`npseg data check`"
        )


def _as_sum(loss: Callable[[Any, Any], Any]) -> losses.Sum:
    return losses.Sum({getattr(loss, "__name__", "loss"): (1.0, loss)})


class _FromFunction:
    """Gives a function of the step the interface of a batch source."""

    def __init__(self, function: Callable[[int], Any]) -> None:
        self.batch = function


def _unpack(batch: Any) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    if hasattr(batch, "images"):
        return batch.images, batch.labels, tuple(getattr(batch, "names", ()) or ())
    try:
        images, labels = batch
    except (TypeError, ValueError):
        raise ArgumentError(
            "Trainer: a batch must have .images and .labels, or be the pair (images, labels), "
            f"got {type(batch).__name__}"
        ) from None
    return images, labels, ()
