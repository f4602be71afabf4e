"""A target of a user's own convolution, resizing or pooling: of NumPy or PyTorch, channels last or first."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from npseg.errors import ArgumentError, near_matches
from npseg.laws.adapters.calling import Where, resolve
from npseg.laws.adapters.roles import Roles, compiled, read_roles
from npseg.laws.target import Target

__all__ = ["KINDS", "operator_target"]

SPELLINGS = {
    "x": ("x", "input", "image", "images", "inp", "inputs"),
    "weight": ("weight", "weights", "w", "kernel", "kernels", "filters", "filter"),
    "bias": ("bias", "b"),
    "kernel_size": ("kernel_size", "kernel", "k", "ksize", "window", "pool_size", "size"),
    "stride": ("stride", "strides", "s", "step"),
    "padding": ("padding", "pad", "pads", "p"),
    "dilation": ("dilation", "dilations", "rate", "d"),
    "groups": ("groups", "group"),
    "size": ("size", "output_size", "out_size", "shape", "new_size"),
}
GRADIENTS = ("dy", "grad", "grad_output", "grad_out", "gradient", "dout", "upstream", "cotangent", "g")
LAYOUTS = {"nhwc": "(N, H, W, C)", "nchw": "(N, C, H, W)"}
FORMS = (("array", "nhwc"), ("array", "nchw"), ("tensor", "nchw"), ("tensor", "nhwc"))


@dataclass(frozen=True)
class Kind:
    """What laws pass to an operator, and the defaults of what a function may do without."""

    arrays: tuple[str, ...]
    settings: Mapping[str, str]
    """Setting to the text of its default, "" if it has none."""


CONVOLUTION = Kind(("x", "weight", "bias"), {"stride": "1", "padding": "0", "dilation": "1", "groups": "1"})
POOLING = Kind(("x",), {"kernel_size": "", "stride": "", "padding": "0"})
KINDS = {
    "conv2d": CONVOLUTION, "conv_transpose2d": CONVOLUTION, "max_pool2d": POOLING, "avg_pool2d": POOLING,
    "resize": Kind(("x",), {"size": ""}), "relu": Kind(("x",), {}), "softmax": Kind(("x",), {}),
}  # fmt: skip

TRIED: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "conv2d": ({"weight": np.ones((3, 2, 3, 4))}, (2, 3, 6, 4)),
    "conv_transpose2d": ({"weight": np.ones((3, 2, 4, 3))}, (2, 7, 8, 4)),
    "resize": ({"size": (4, 6)}, (2, 4, 6, 3)),
    "max_pool2d": ({"kernel_size": 2, "stride": 2}, (2, 2, 3, 3)),
    "avg_pool2d": ({"kernel_size": 2, "stride": 2}, (2, 2, 3, 3)),
}
"""What a function is tried with besides images (2, 5, 7, 3), and the shape that is then right; no two sides alike."""


def operator_target(
    kind: str,
    function: str | Callable[..., Any],
    vjp: str | Callable[..., Any] | None = None,
    *,
    layout: str | None = None,
    declared: Mapping[str, str] | None = None,
    tolerance: float = 1e-6,
) -> Target:
    """A target of an operator, given itself or as `"module:name"`, to be examined under the laws of operators.

    What its arguments mean is read from their names: x, weight, bias, stride, padding, dilation, groups, kernel_size,
    size, each in the usual spellings. Settings that it has no argument for are not asked of it. A function of PyTorch's
    tensors is known by trying, and gives its vector-Jacobian product by itself.

    Args:
        kind: "conv2d", "conv_transpose2d", "resize", "max_pool2d", "avg_pool2d", "relu" or "softmax".
        vjp: of a function of arrays, its derivative: the same arguments and dy (or grad, dout, ...), to dx or to
            (dx, dweight, dbias), None for what it does not give.
        layout: "nhwc" with weights (kh, kw, C / groups, K), of a transposed convolution (kh, kw, K / groups, C); or
            "nchw" with PyTorch's weights; left out, it is tried.
        declared: what its documentation says of conventions, as in `Target`.

    Raises `ArgumentError` if the arguments cannot be made out, or if the function takes no layout.

    >>> def my_resize(x, size):
    ...     rows, columns = (np.arange(new) * old // new for new, old in zip(size, x.shape[1:3]))
    ...     return x[:, rows][:, :, columns]
    >>> from npseg.laws import examine
    >>> verdict = examine(operator_target("resize", my_resize), max_examples=20)
    >>> len(verdict.failures), verdict.conventions["resize"]
    (0, {'grid': 'nearest', 'result-type': 'as-given'})
    """
    if kind not in KINDS:
        raise ArgumentError(f"operator_target: there is no operator {kind!r}{near_matches(str(kind), KINDS)}")
    if layout not in (None, *LAYOUTS):
        raise ArgumentError(f"operator_target: layout is {layout!r}; it must be one of {', '.join(LAYOUTS)}")
    called, where = resolve(function)
    roles = _roles(kind, called, where)
    framework, found = _form(kind, called, roles, layout)
    words = f"{LAYOUTS[found]}, {framework}"
    measures = {kind: compiled(_definition(kind, roles, framework, found), f"{kind}_of_target", words, called, where)}
    name = f"{kind}_vjp_of_target"
    if vjp is not None:
        derivative, there = resolve(vjp)
        text = _definition(kind, _roles(kind, derivative, there, vjp=True), framework, found, vjp=True)
        measures[f"{kind}_vjp"] = compiled(text, name, words, derivative, there)
    elif framework == "tensor":
        text = _definition(kind, roles, framework, found, autograd=True)
        measures[f"{kind}_vjp"] = compiled(text, name, words, called, where)
    return Target(f"{where.title} {LAYOUTS[found]}", measures, declared or {}, tolerance)


def _roles(kind: str, function: Callable[..., Any], where: Where, *, vjp: bool = False) -> Roles:
    taken = (*KINDS[kind].arrays, *KINDS[kind].settings)
    spellings: dict[str, tuple[str, ...]] = {"dy": GRADIENTS} if vjp else {}
    spellings |= {role: SPELLINGS[role] for role in taken}
    needed = [role for role in taken if role in ("x", "weight", "kernel_size", "size")]
    return read_roles("operator_target", function, where, spellings, [*(["dy"] if vjp else []), *needed])


def _form(kind: str, function: Callable[..., Any], roles: Roles, layout: str | None) -> tuple[str, str]:
    """The first framework and layout that give the right shape; if none does, the first that give any result."""
    x = np.cos(np.arange(210.0)).reshape(2, 5, 7, 3)
    given, shape = TRIED.get(kind, ({}, x.shape))
    answered, errors = [], []
    for framework, one in FORMS:
        if layout not in (None, one):
            continue
        words = f"{LAYOUTS[one]}, {framework}"
        run = compiled(_definition(kind, roles, framework, one), f"{kind}_of_target", words, function, roles.where)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = np.asarray(run(x, **given), float)
        except (Exception, SystemExit) as error:  # whatever a user's function raises, it does not take this form
            said = str(error).strip().splitlines()
            errors.append(f"{words}s: {type(error).__name__}: {said[0] if said else ''}")
            continue
        answered.append((framework, one))
        if result.shape == shape and (kind != "softmax" or np.allclose(result.sum(axis=-1), 1)):
            return framework, one
    if answered:
        return answered[0]
    raise ArgumentError(
        f"operator_target: {roles.where.title} takes no images of 5 x 7 pixels and 3 channels as {kind}; tried "
        "were\n  " + "\n  ".join(errors) + "\nwrite a wrapper of arrays (N, H, W, C) around it"
    )


def _definition(
    kind: str, roles: Roles, framework: str, layout: str, *, vjp: bool = False, autograd: bool = False
) -> str:
    """Text of the wrapper, which calls the function as laws call it; `vjp` of a function that is the derivative,
    `autograd` of one that PyTorch derives."""
    tensor, said = framework == "tensor", KINDS[kind]
    derivative = vjp or autograd
    lines = [*roles.imports(framework), "", "options = {}"]
    for setting, default in said.settings.items():
        if setting in roles:
            lines.append(f'options["{roles.keyword(setting)}"] = {setting}')
        elif default or setting == "stride":
            # Pooling without a stride takes windows side by side.
            lines += [f"if {setting} != {default or 'kernel_size'}:", roles.refusal(setting)]
    values = {"x": _laid_out("x", tensor, layout)}
    if "weight" in said.arrays:
        values["weight"] = _laid_out("weight", tensor, layout)
    if autograd:
        names = [name for name in said.arrays if name != "bias" or "bias" in roles]
        lines.append(
            "leaves = {name: torch.from_numpy(value).requires_grad_() for name, value in "
            f"[{', '.join(f'({name!r}, {name})' for name in names)}] if value is not None}}"
        )
        values = {
            name: value.replace(f"torch.from_numpy({name})", f'leaves["{name}"]') for name, value in values.items()
        }
    if "bias" in said.arrays:
        lines += _bias(kind, roles, tensor, autograd)
    if vjp:
        values["dy"] = _laid_out("dy", tensor, layout)
    call = roles.call(values)
    if autograd:
        lines.append(f"y = {call}{'.permute(0, 2, 3, 1)' if layout == 'nchw' else ''}")
        lines.append("y.backward(torch.from_numpy(dy))")
        lines.append("return tuple(leaf.grad.numpy() for leaf in leaves.values())")
    elif vjp:
        lines += [f"found = {call}", "found = list(found) if isinstance(found, (tuple, list)) else [found]"]
        lines.append("found = [None if one is None else np.asarray(one) for one in found]")
        if layout == "nchw":
            orders = "[(0, 2, 3, 1), (2, 3, 1, 0), (0,)]"
            lines.append(f"return tuple(None if a is None else a.transpose(o) for a, o in zip(found, {orders}))")
        else:
            lines.append("return tuple(found)")
    else:
        result = f"np.asarray({call})"
        lines.append(f"return np.moveaxis({result}, 1, -1)" if layout == "nchw" else f"return {result}")
    body = "\n".join(f"    {line}" if line else "" for line in lines)
    takes = [*(["dy"] if derivative else []), *(n if n != "bias" else "bias=None" for n in said.arrays)]
    takes += [f"{name}={default}" if default else name for name, default in said.settings.items()]
    return f"def {kind}{'_vjp' if derivative else ''}_of_target({', '.join(takes)}):\n{body}\n"


def _bias(kind: str, roles: Roles, tensor: bool, autograd: bool) -> list[str]:
    """Lines that pass the bias on; zeros where the function cannot do without."""
    if "bias" not in roles:
        return ["if bias is not None:", roles.refusal("bias")]
    value = 'leaves["bias"]' if autograd else "torch.from_numpy(bias)" if tensor else "bias"
    lines = []
    if roles.requires("bias"):
        features = "weight.shape[3]" if kind == "conv2d" else "weight.shape[2] * groups"
        zeros = (
            f"{'torch' if tensor else 'np'}.zeros({features}, dtype={'torch.from_numpy(x)' if tensor else 'x'}.dtype)"
        )
        lines.append(f'options["{roles.keyword("bias")}"] = {zeros}')
    return [*lines, "if bias is not None:", f'    options["{roles.keyword("bias")}"] = {value}']


def _laid_out(name: str, tensor: bool, layout: str) -> str:
    """The expression of an array in the function's framework and layout."""
    value = f"torch.from_numpy({name})" if tensor else name
    if layout == "nhwc":
        return value
    order = "(3, 2, 0, 1)" if name == "weight" else "(0, 3, 1, 2)"
    moved = f"{value}.{'permute' if tensor else 'transpose'}({order[1:-1]})"
    # PyTorch refuses the gradient of a strided weight.
    return f"{moved}.contiguous()" if tensor and name == "weight" else moved
