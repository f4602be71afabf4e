"""A model made ready for prediction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from npseg import config
from npseg.arrays import as_numpy
from npseg.autograd import no_grad

__all__ = ["Compiled", "compile"]


class Compiled:
    """Runs a model in eval mode on arrays: convolution, norm and activation in one sweep, weights prepared once.

    Results differ from `model.eval()(images)` by rounding only. Parameters that are written later are noticed, and
    `config.fusion` turns the whole off. The model keeps the mode that it had.
    """

    def __init__(self, model: Any) -> None:
        from npseg.ops.fusion import KeptWeights

        self.model = model
        self._weights = KeptWeights()

    def __call__(self, images: Any) -> Any:
        """`(N, H, W, C)` -> what the model returns, as arrays: `(N, H, W, K)`, or a dict of them."""
        from npseg.ops.fusion import fusing

        with _evaluating(self.model), fusing(self._weights) if config.fusion else no_grad():
            output = self.model(images)
            return (
                {key: _arrays(value) for key, value in output.items()} if isinstance(output, dict) else _arrays(output)
            )


def compile(model: Any) -> Compiled:
    """Make `model` ready for prediction; see `Compiled`.

    >>> import npseg
    >>> model = npseg.create_model("unet", in_channels=1, num_classes=2, base_channels=2, depth=1)
    >>> compile(model)([[[[0.5], [0.1]], [[0.2], [0.4]]]]).shape
    (1, 2, 2, 2)
    """
    return Compiled(model)


def _arrays(value: Any) -> Any:
    return (
        [as_numpy(v, name="output") for v in value]
        if isinstance(value, (list, tuple))
        else as_numpy(value, name="output")
    )


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    # Module by module: somebody may have frozen a part of a model that is in training.
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
