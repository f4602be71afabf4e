"""Other people's libraries as targets of the laws, and the register of them.

Each library has a folder of its own here, with one file for each family of measures (`overlap`, `distance`,
`panoptic`); each file has a function `targets()`. The library is imported only when one of its measures is called.
`plain` makes a target of any function of the user's.

>>> from npseg.laws import adapters
>>> adapters.LIBRARIES["monai"].requirement
'monai==1.6.1'
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass, replace

import npseg
from npseg.errors import ArgumentError, MissingExtraError, near_matches
from npseg.laws.target import Target

__all__ = ["LIBRARIES", "PARTS", "Library", "find_library", "installed", "targets"]

PARTS = ("overlap", "distance", "panoptic", "losses", "operators")
"""The files that a library's folder may have, one for each family."""


@dataclass(frozen=True)
class Library:
    """A library that has an adapter."""

    name: str
    """Of the adapter, and of its folder."""
    module: str
    """What is imported; nothing for published formulas written anew."""
    distribution: str
    """What pip installs."""
    version: str
    """The version that the adapter's comments and the published table speak of."""
    install: str = '"npseg[peers]"'
    """What to tell pip, if it is not what the extra `peers` brings."""

    @property
    def requirement(self) -> str:
        """As pip is told."""
        return f"{self.distribution}=={self.version}"

    @property
    def is_installed(self) -> bool:
        """Whether it can be imported, judged without importing it."""
        return not self.module or importlib.util.find_spec(self.module) is not None

    @property
    def installed_version(self) -> str | None:
        """The version that is installed; None if none is, or if its distribution has another name."""
        try:
            return importlib.metadata.version(self.distribution)
        except importlib.metadata.PackageNotFoundError:
            return None


LIBRARIES = {
    one.name: one
    for one in (
        Library("npseg", "npseg", "npseg", npseg.__version__),
        Library("torch", "torch", "torch", "2.13.0", '"npseg[torch]"'),
        Library("torchmetrics", "torchmetrics", "torchmetrics", "1.9.0"),
        Library("monai", "monai", "monai", "1.6.1"),
        Library("smp", "segmentation_models_pytorch", "segmentation-models-pytorch", "0.6.0"),
        Library("sklearn", "sklearn", "scikit-learn", "1.9.1"),
        # Its definitions come from a hub at the first use: of no use without a network, so the extra does not bring it.
        Library("evaluate", "evaluate", "evaluate", "0.4.6", "evaluate==0.4.6"),
        # Its compiled companion mmcv has no wheels for newer Pythons; mmcv-lite is enough for its metrics.
        Library(
            "mmsegmentation", "mmseg", "mmsegmentation", "1.2.2",
            "mmengine mmcv-lite==2.1.0 ftfy regex prettytable mmsegmentation==1.2.2",
        ),
        Library("medpy", "medpy", "medpy", "0.5.2"),
        Library("seg_metrics", "seg_metrics", "seg-metrics", "1.2.8"),
        Library("miseval", "miseval", "miseval", "1.3.0"),
        Library("surface_distance", "surface_distance", "surface-distance", "0.1"),
        # The project is on no index; this distribution packages it, and asks for an older NumPy than it needs.
        Library("panopticapi", "panopticapi", "panopticapi-lite", "0.2.0", "--no-deps panopticapi-lite==0.2.0"),
        Library("boundary_iou_api", "", "boundary-iou-api", "as published in 2021"),
    )
}  # fmt: skip
"""Every library that has an adapter, by the adapter's name."""


def find_library(caller: str, name: str) -> Library:
    """The library of that name. Raises `ArgumentError` with near matches."""
    if name not in LIBRARIES:
        raise ArgumentError(f"{caller}: there is no adapter {name!r}{near_matches(name, [*LIBRARIES, 'callable'])}")
    return LIBRARIES[name]


def installed() -> list[Library]:
    """The libraries that have an adapter and are installed."""
    return [library for library in LIBRARIES.values() if library.is_installed]


def targets(name: str, parts: tuple[str, ...] = PARTS) -> list[Target]:
    """What is put on trial of a library, of each family in `parts`.

    Raises `ArgumentError` if there is no such adapter and `MissingExtraError` if the library is not installed.
    """
    library = find_library("laws", name)
    if not library.is_installed:
        raise MissingExtraError(
            f"laws: adapter {name}: {library.module} is not installed; install it with: pip install {library.install}"
        )
    found: list[Target] = []
    for part in parts:
        module = f"{__name__}.{name}.{part}"
        if importlib.util.find_spec(module) is not None:
            found += [replace(target, library=name) for target in importlib.import_module(module).targets()]
    return found
