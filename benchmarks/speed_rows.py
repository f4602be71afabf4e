"""The rows of the speed benchmark: what is measured, who takes part, and what is wanted.

A row names its competitors by module and function (see `turns.Worker`). Rows whose competitors live in a benchmark of
their own take them from that module's `WORKERS`, a dict of titles and functions as in `losses.py`, in which npseg's
is called "npseg".
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from subjects import Subject
from turns import Worker

__all__ = ["OURS", "ROWS", "TINY", "Contestant", "Row", "find_contestants", "missing"]

OURS = "npseg"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Contestant:
    """Who takes part in a row. `role` is "ours", "peer", or "limit" for what is measured beside them."""

    worker: Worker
    requires: tuple[str, ...] = ()  # packages without which it cannot run
    role: str = "peer"

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.worker.name


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `at_least` and `aim` are how many times as fast as the best peer npseg shall be. For memory they are shares of the
    best peer's, and less is better.
    """

    name: str
    title: str
    at_least: float
    aim: float
    quantity: str = "time"  # or "memory"
    subject: Subject | None = None
    training: bool = False
    module: str = ""  # a benchmark of its own, which declares the competitors
    tolerance: float | None = 1e-3  # relative, of losses and logits; None: the module checks on its own
    limit: bool = False  # measure the peak of matrix products in the same run
    own: tuple[Contestant, ...] = field(default=(), repr=False)  # competitors that are declared here

    @property
    def less_is_better(self) -> bool:
        """Whether the wanted numbers are upper bounds."""
        return self.quantity == "memory"


def _contestants(subject: Subject, training: bool, limit: bool) -> tuple[Contestant, ...]:
    function, arguments = "train" if training else "infer", asdict(subject)

    def by_torch(name: str, **how: Any) -> Contestant:
        imports = ("torch", "torch._dynamo") if how.get("compiled") else ("torch",)
        return Contestant(Worker(name, "peers_torch.py", function, {**arguments, **how}, imports), ("torch",))

    def by_runtime(name: str, package: str) -> Contestant:
        worker = Worker(name, "peers_runtimes.py", f"{package}_infer", arguments, (package,))
        return Contestant(worker, ("torch", "onnx", package))  # PyTorch writes the graph

    found = [
        Contestant(Worker(OURS, "npseg_work.py", function, arguments, ("npseg_loaded",)), role="ours"),
        by_torch("torch, NCHW", layout="nchw"),
        by_torch("torch, channels last", layout="channels last"),
        by_torch("torch.compile", layout="channels last", compiled=True),
    ]
    if not training:
        found += [
            by_torch("torch.compile, frozen", layout="channels last", compiled=True, frozen=True),
            by_runtime("ONNX Runtime", "onnxruntime"),
            by_runtime("OpenVINO", "openvino"),
        ]
    if limit:
        found.append(Contestant(Worker("GEMM peak", "machine.py", "gemm_peak"), role="limit"))
    return tuple(found)


def _model_row(name: str, title: str, at_least: float, aim: float, subject: Subject, **rest: Any) -> Row:
    training, limit = name.endswith("train") or rest.get("quantity") == "memory", rest.get("limit", False)
    own = _contestants(subject, training, limit)
    return Row(name, title, at_least, aim, subject=subject, training=training, own=own, **rest)


_UNET32 = Subject("unet", 32, 4, 256)
_UNET16 = Subject("unet", 16, 4, 256)
_UNET64 = Subject("unet", 64, 2, 256)
_FCN8S = Subject("fcn8s", 1, 1, 384)

_MODELS = (
    # name, title, at least and aim, subject, what differs
    ("unet32-train", "U-Net base 32, 4 x 256 x 256: training step", 1.7, 2.5, _UNET32, {"limit": True}),
    ("unet32-infer", "U-Net base 32, 4 x 256 x 256: inference", 1.5, 2.0, _UNET32, {"limit": True}),
    ("unet16-train", "U-Net base 16, 4 x 256 x 256: training step", 1.3, 2.0, _UNET16, {}),
    ("unet16-infer", "U-Net base 16, 4 x 256 x 256: inference", 1.1, 1.7, _UNET16, {}),
    ("unet64-train", "U-Net base 64, 2 x 256 x 256: training step", 1.3, 2.0, _UNET64, {}),
    ("unet64-infer", "U-Net base 64, 2 x 256 x 256: inference", 1.3, 2.0, _UNET64, {}),
    ("fcn8s-train", "FCN-8s, 1 x 384 x 384: training step, SGD", 1.3, 1.6, _FCN8S, {}),
    ("fcn8s-infer", "FCN-8s, 1 x 384 x 384: inference", 1.3, 1.6, _FCN8S, {}),
)
_MEMORY = ("memory", "U-Net base 32: peak memory of a training step", 1.0, 0.7, _UNET32, {"quantity": "memory"})
_ELSEWHERE = (
    Row("confusion", "19-class confusion matrix, 1024 x 2048", 20, 30, module="confusion.py", tolerance=None),
    Row("losses", "soft Dice + CE + focal, 4 x 256 x 256 x 21", 2, 4, module="losses.py"),
)


def _all_rows(shrink: Callable[[Subject], Subject]) -> dict[str, Row]:
    models = [_model_row(*row[:4], shrink(row[4]), **row[5]) for row in _MODELS]
    memory = _model_row(*_MEMORY[:4], shrink(_MEMORY[4]), **_MEMORY[5])
    return {row.name: row for row in (*models, *_ELSEWHERE, memory)}


def _shrink(subject: Subject) -> Subject:
    """A size that shows that everything works, and nothing else."""
    return replace(subject, width=subject.width / 16 if subject.model == "unet" else 1 / 16, batch=1, size=32)


ROWS = _all_rows(lambda subject: subject)
TINY = _all_rows(_shrink)


def find_contestants(row: Row) -> tuple[Contestant, ...]:
    """Who takes part: those declared here, or by the row's own module. Raises `LookupError`, worded, without any."""
    if row.own:
        return row.own
    path = HERE / row.module
    if not path.exists():
        raise LookupError(f"benchmarks/{row.module} is not there")
    workers = _declared_workers(path)
    if OURS not in workers or len(workers) < 2:
        raise LookupError(f"benchmarks/{row.module} has no WORKERS that name {OURS!r} and a peer")
    return tuple(
        Contestant(Worker(name, row.module, function), role="ours" if name == OURS else "peer")
        for name, function in workers.items()
    )


def _declared_workers(path: Path) -> dict[str, str]:
    """The dict that a module assigns to WORKERS, read and not run: a benchmark imports peers that may be missing."""
    for node in ast.parse(path.read_text()).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "WORKERS" for target in targets):
            return dict(ast.literal_eval(node.value))
    return {}


def missing(contestant: Contestant) -> list[str]:
    """The packages it requires that are not installed."""
    return [name for name in contestant.requires if importlib.util.find_spec(name) is None]
