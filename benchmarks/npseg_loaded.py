"""Importing this loads all that npseg loads on first use: Numba, SciPy's BLAS and every kernel.

For measuring memory, where libraries shall not count as work.
"""

from __future__ import annotations

import importlib
import pkgutil

import npseg.infer
import npseg.kernels
import npseg.losses
import npseg.models
import npseg.optim

importlib.import_module("scipy.linalg.cython_blas")
for _module in pkgutil.iter_modules(npseg.kernels.__path__):
    importlib.import_module(f"npseg.kernels.{_module.name}")
