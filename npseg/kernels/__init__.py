"""Compiled loops: plain arrays in, plain arrays out. No Tensor, no validation, no state but the thread policy.

`threads` is that policy, `compiling` tells what was compiled. Each module loads on first use (`kernels.conv`,
`kernels.pool`, ...), and Numba with it.
"""

from __future__ import annotations

import importlib
from types import ModuleType

_MODULES = (
    "activation", "add", "compiling", "confusion", "conv", "depthwise", "distance", "heavy", "labels", "norm",
    "pixel_losses", "pool", "resize", "shape", "shuffle", "softmax", "threads", "update", "winograd",
)  # fmt: skip

__all__ = list(_MODULES)


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return importlib.import_module(f"npseg.kernels.{name}")
    raise AttributeError(f"module 'npseg.kernels' has no attribute {name!r}")
