"""The house has floors: a package imports from those below it, never upward. Lazy imports count."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import npseg

ROOT = Path(npseg.__file__).parent
FLOORS = {
    "errors": 0, "arrays": 0, "config": 0, "files": 0, "shapes": 0, "randomness": 0,
    "kernels": 1, "reference": 1,
    "autograd": 2,
    "ops": 3,
    "nn": 4, "losses": 4, "optim": 4,
    "backbones": 5, "models": 5,
    "data": 6, "train": 6, "infer": 6, "interop": 6,
    "report": 7, "cli": 7, "pytest_plugin": 7,
}  # fmt: skip
NEIGHBOURS = {("models", "backbones"), ("train", "data"), ("train", "infer"), ("cli", "report")}
INTEROP_USERS = {("train", "interop")}  # checkpoints are files of other people's format
WINGS = {
    "metrics": {"errors", "arrays", "config", "shapes", "randomness", "kernels"},
    "laws": {"errors", "files", "metrics"},
}
LAWS_USERS = {"cli", "pytest_plugin"}
ADAPTERS = "laws/adapters"  # where laws meet npseg's own losses and operators
METRICS_FROM = 6


def imports_of(path: Path) -> set[str]:
    """The npseg packages that a file imports, at the top or inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the full name"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "npseg" else [module]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("npseg.")}
    return found


def allowed(package: str, imported: str) -> bool:
    """Whether `package` may import `imported`."""
    if package == imported:
        return True
    if package in WINGS:
        return imported in WINGS[package]
    if imported == "laws":
        return package in LAWS_USERS
    if imported in WINGS:
        return FLOORS[package] >= METRICS_FROM
    if FLOORS[imported] < FLOORS[package] or FLOORS[imported] == FLOORS[package] == 0:
        return True
    return (package, imported) in NEIGHBOURS | INTEROP_USERS


FILES = sorted(path for path in ROOT.rglob("*.py") if path.name != "__init__.py" or path.parent != ROOT)


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(ROOT)) for p in FILES])
def test_imports_go_down(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert package in FLOORS or package in WINGS, f"{package} has no floor; give it one in {__file__}"
    if path.relative_to(ROOT).as_posix().startswith(ADAPTERS):
        package = "cli"
    upward = {name for name in imports_of(path) if name != "__version__" and not allowed(package, name)}
    assert not upward, f"{path.relative_to(ROOT)} imports {sorted(upward)}, which {package} may not"


def test_the_rule_can_fail() -> None:
    assert not allowed("autograd", "ops")
    assert not allowed("kernels", "reference")
    assert not allowed("losses", "metrics")
    assert not allowed("metrics", "ops")
    assert not allowed("laws", "losses")
    assert not allowed("report", "laws")
    assert allowed("ops", "kernels")
