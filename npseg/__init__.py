"""npseg: semantic segmentation in NumPy and Numba, from the convolution loop to the mIoU table.

Everything loads on first use, so `import npseg` costs a few milliseconds and brings in neither Numba nor SciPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PACKAGES = (
    "arrays", "autograd", "backbones", "config", "data", "errors", "infer", "interop", "laws", "losses", "metrics",
    "models", "nn", "ops", "optim", "reference", "report", "shapes", "train",
)  # fmt: skip
# The short names of the front door, and where they live.
_NAMES = {
    "Tensor": "npseg.autograd",
    "no_grad": "npseg.autograd",
    "create_model": "npseg.models",
    "list_models": "npseg.models",
}

__all__ = ["__version__", *_PACKAGES, *_NAMES]

if TYPE_CHECKING:
    from npseg.autograd import Tensor as Tensor
    from npseg.autograd import no_grad as no_grad
    from npseg.models import create_model as create_model
    from npseg.models import list_models as list_models


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f"npseg.{name}")
    if name in _NAMES:
        # Operators on tensors come from the table that ops fills: whoever takes a Tensor wants them.
        importlib.import_module("npseg.ops")
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'npseg' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
