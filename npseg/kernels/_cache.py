"""Compiled loops on disk, kept only as long as no file of this package has changed.

Numba looks at the file of a function alone, and would go on with old code after an edit of a helper elsewhere. Here
the contents of all files in `npseg/kernels` are the stamp. What Numba's documentation calls locators decide where the
files go: `NUMBA_CACHE_DIR`, else `__pycache__` beside the source, else the user's cache. One that can only be read
serves as it is, if it was filled from these very files, say when a container was built. Where there is none, or a file
in it cannot be read, loops are compiled anew in every process, and nothing else happens.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["directory", "has", "keep", "package_stamp"]

_KEEPING = os.environ.get("NPSEG_KERNEL_CACHE", "1") != "0"


def keep(dispatcher: Any, variant: str = "") -> Any:
    """Give a function that was made by `numba.njit` its place on disk, and return it.

    `variant` tells two compilations of one function apart. `NPSEG_KERNEL_CACHE=0` turns the cache off.
    """
    if not _KEEPING or not hasattr(dispatcher, "enable_caching"):  # a plain function when the compiler is off
        return dispatcher
    try:
        dispatcher._cache = _cache_class()(dispatcher.py_func, variant)
    except RuntimeError:
        pass  # no directory to write to
    except (AttributeError, ImportError, TypeError):  # a Numba with other insides: its own cache, stale after edits
        if not variant:
            _enable_plainly(dispatcher)
    return dispatcher


@cache
def directory() -> Path | None:
    """Where the code of all kernels is kept, or None if it is not."""
    import numba

    probe = keep(numba.njit(_probe))  # made, but never compiled
    path = getattr(getattr(probe, "stats", None), "cache_path", None)
    return None if path is None else Path(path)


def has(dispatcher: Any) -> bool:
    """Whether compiled code of this function, in its present form, is on disk. True where that cannot be known."""
    if directory() is None:
        return True
    try:
        return bool(dispatcher._cache._cache_file._load_index())
    except (AttributeError, OSError):
        return True


def _probe() -> None:
    """A function of this package, whose place on disk is that of all."""


@cache
def package_stamp() -> str:
    """A hash of all source files in this package."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _was_filled(place: Path) -> bool:
    """Whether a directory holds loops of this package as it stands."""
    for index in place.glob("*.nbi"):
        with contextlib.suppress(Exception), index.open("rb") as file:  # whatever a damaged pickle raises
            pickle.load(file)  # Numba's version, which it looks at itself
            return bool(pickle.loads(file.read())[0][1] == package_stamp())
    return False


def _enable_plainly(dispatcher: Any) -> None:
    with contextlib.suppress(RuntimeError):
        dispatcher.enable_caching()


@cache
def _cache_class() -> Any:
    """Numba's cache of functions, with another stamp, names for variants, and no error from the disk."""
    from numba.core.caching import CompileResultCacheImpl, FunctionCache

    locators: Any = CompileResultCacheImpl._locator_classes

    class Stamped:
        def get_source_stamp(self) -> Any:
            return super().get_source_stamp(), package_stamp()  # type: ignore[misc]

        def ensure_cache_path(self) -> None:
            try:
                super().ensure_cache_path()  # type: ignore[misc]
            except OSError:
                if not _was_filled(Path(self.get_cache_path())):  # type: ignore[attr-defined]
                    raise

    class Files(CompileResultCacheImpl):
        variant = ""
        _locator_classes: Any = [type(one.__name__, (Stamped, one), {}) for one in locators]  # noqa: RUF012

        def get_filename_base(self, fullname: str, abiflags: str) -> str:
            return super().get_filename_base(fullname + self.variant, abiflags)

    class KernelCache(FunctionCache):
        def __init__(self, function: Any, variant: str) -> None:
            self._impl_class: Any = type("Files", (Files,), {"variant": f"-{variant}" if variant else ""})
            super().__init__(function)

        def load_overload(self, signature: Any, context: Any) -> Any:
            try:
                return super().load_overload(signature, context)
            except Exception:  # unreadable, cut short, or of another making: begin anew
                with contextlib.suppress(OSError):
                    self.flush()
                return None

        def save_overload(self, signature: Any, compiled: Any) -> None:
            try:
                super().save_overload(signature, compiled)
            except OSError:
                self.disable()  # full or taken away since: what is compiled serves this process
            except RuntimeError as error:
                # LLVM hands the machine code over in a callback of ctypes, where an exception is dropped. Only Ctrl-C
                # comes there; without this it would be lost, and the missing code be an error of Numba's.
                if "no compiled object" not in str(error):
                    raise
                raise KeyboardInterrupt from None

    return KernelCache
