"""A target of a user's own loss: of NumPy or PyTorch, channels last or first, with a gradient or autograd."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from npseg.errors import ArgumentError
from npseg.laws.adapters.calling import IGNORED, resolve
from npseg.laws.adapters.roles import Roles, compiled, read_roles
from npseg.laws.target import Target

__all__ = ["KINDS", "kind_named", "loss_target"]

SPELLINGS = {
    "logits": ("logits", "scores", "input", "inputs", "pred", "preds", "prediction", "predictions", "output", "outputs",
               "y_pred", "x", "z"),
    "labels": ("labels", "label", "target", "targets", "y_true", "truth", "mask", "masks", "gt", "y", "t"),
    "ignore_index": IGNORED,
    "class_weights": ("class_weights", "class_weight", "weights", "weight", "alpha", "w"),
    "gamma": ("gamma",),
}  # fmt: skip
LAYOUTS = {"nhwc": "(N, H, W, C)", "nchw": "(N, C, H, W)", "rows": "(pixels, C)"}
FORMS = [(f, layout) for f, layouts in (("array", LAYOUTS), ("tensor", ("nchw", "nhwc", "rows"))) for layout in layouts]
KINDS = ("cross_entropy", "focal", "soft_dice", "loss")


def loss_target(
    function: str | Callable[..., Any],
    gradient: str | Callable[..., Any] | None = None,
    *,
    measure: str | None = None,
    layout: str | None = None,
    declared: Mapping[str, str] | None = None,
    tolerance: float = 1e-6,
) -> Target:
    """A target of a loss, given itself or as `"module:name"`, to be examined under the laws of losses.

    What its arguments mean is read from their names: logits and labels, and if it has them ignore_index, class weights
    and gamma, each in the usual spellings. A loss of PyTorch's tensors is known by trying, and gives its gradient by
    itself.

    Args:
        gradient: of a loss of arrays, the function that gives its gradient, with arguments of the same names.
        measure: "cross_entropy", "focal", "soft_dice", or "loss" for any other; left out, the name says.
        layout: of the logits: "nhwc", "nchw" or "rows" (pixels, C) with labels (pixels,); left out, it is tried.
        declared: what its documentation says of conventions, as in `Target`.

    Raises `ArgumentError` if the arguments cannot be made out, or if no layout gives a number.

    >>> def my_cross_entropy(logits, target):
    ...     chosen = np.take_along_axis(logits, target[..., None], -1)[..., 0]
    ...     return np.mean(np.log(np.exp(logits).sum(-1)) - chosen)
    >>> from npseg.laws import examine
    >>> [trial.law.name for trial in examine(loss_target(my_cross_entropy), max_examples=20).failures][:2]
    ['loss-shift-invariant', 'loss-finite-at-huge-logits']
    """
    called, where = resolve(function)
    roles = read_roles("loss_target", called, where, SPELLINGS, ("logits", "labels"))
    kind = kind_named(where.name) if measure is None else measure
    if kind not in KINDS:
        raise ArgumentError(f"loss_target: measure is {measure!r}; it must be one of {', '.join(KINDS)}")
    if layout not in (None, *LAYOUTS):
        raise ArgumentError(f"loss_target: layout is {layout!r}; it must be one of {', '.join(LAYOUTS)}")
    framework, found = _form(called, roles, kind, layout)
    words = f"{LAYOUTS[found]}, {framework}"
    text = _definition(kind, roles, framework, found)
    measures = {kind: compiled(text, f"{kind}_of_target", words, called, where)}
    if kind == "focal" and "gamma" in roles:
        text = _definition("focal_gamma", roles, framework, found)
        measures["focal_gamma"] = compiled(text, "focal_gamma_of_target", words, called, where)
    if framework == "tensor" and gradient is None:
        text = _definition(f"{kind}_gradient", roles, framework, found, autograd=True)
        measures[f"{kind}_gradient"] = compiled(text, f"{kind}_gradient_of_target", words, called, where)
    elif gradient is not None:
        slope, there = resolve(gradient)
        slope_roles = read_roles("loss_target", slope, there, SPELLINGS, ("logits", "labels"))
        text = _definition(f"{kind}_gradient", slope_roles, framework, found, array=True)
        measures[f"{kind}_gradient"] = compiled(text, f"{kind}_gradient_of_target", words, slope, there)
    return replace(Target(where.title, measures, declared or {}, tolerance), library=where.module.split(".")[0])


def kind_named(name: str) -> str:
    """The loss that a name speaks of; "loss" if it speaks of none or of several."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", name.split(".")[-1]).lower().split("_")
    spoken = {
        "cross_entropy": {"ce", "nll", "crossentropy", "entropy", "xent"} & set(words),
        "focal": {"focal"} & set(words),
        "soft_dice": {"dice"} & set(words),
    }
    found = [kind for kind, said in spoken.items() if said]
    return found[0] if len(found) == 1 else "loss"


def _form(function: Callable[..., Any], roles: Roles, kind: str, layout: str | None) -> tuple[str, str]:
    """The first framework and layout in which the loss of small images is one number."""
    labels = np.arange(30).reshape(2, 3, 5) % 4
    logits = np.cos(np.arange(120.0)).reshape(2, 3, 5, 4)
    errors = []
    for framework, one in FORMS:
        if layout not in (None, one):
            continue
        words = f"{LAYOUTS[one]}, {framework}"
        run = compiled(_definition(kind, roles, framework, one), f"{kind}_of_target", words, function, roles.where)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                run(logits, labels)
        except (Exception, SystemExit) as error:  # whatever a user's function raises, it does not take this form
            said = str(error).strip().splitlines()
            errors.append(f"logits {LAYOUTS[one]}, {framework}s: {type(error).__name__}: {said[0] if said else ''}")
        else:
            return framework, one
    raise ArgumentError(
        f"loss_target: {roles.where.title} gives no number for two images of 3 x 5 pixels and 4 classes; tried were\n  "
        + "\n  ".join(errors)
        + "\nwrite a wrapper loss(logits, labels, ignore_index=None, class_weights=None) of arrays (N, H, W, C) and "
        "(N, H, W)"
    )


def _definition(
    name: str, roles: Roles, framework: str, layout: str, *, autograd: bool = False, array: bool = False
) -> str:
    """Text of the wrapper `{name}_of_target`, which calls the loss, or its gradient, as laws call it.

    `autograd`: the gradient by PyTorch; `array`: the function itself gives an array.
    """
    tensor, of_gamma = framework == "tensor", name == "focal_gamma"
    lines = [*roles.imports(framework), "", "options = {}"]
    weights = "torch.from_numpy(class_weights).to(z.dtype)" if tensor else "class_weights"
    shaped = {"nhwc": "", "nchw": ".permute(0, 3, 1, 2)" if tensor else "np.moveaxis(logits, -1, 1)",
              "rows": ".reshape(-1, logits.shape[-1])"}[layout]  # fmt: skip
    labels = "labels.reshape(-1)" if layout == "rows" else "labels"
    if tensor:
        lines.append(f"z = torch.from_numpy(logits){shaped}" + (".requires_grad_()" if autograd else ""))
    elif layout == "nchw":
        lines.append(f"z = {shaped}")
    else:
        lines.append(f"z = logits{shaped}")
    for role, value in () if of_gamma else (("ignore_index", "ignore_index"), ("class_weights", weights)):
        lines.append(f"if {role} is not None:")
        if role in roles:
            lines.append(f'    options["{roles.keyword(role)}"] = {value}')
        else:
            lines.append(roles.refusal(role))
    if of_gamma:
        lines.append(f'options["{roles.keyword("gamma")}"] = gamma')
    call = roles.call({"logits": "z", "labels": f"torch.from_numpy({labels})" if tensor else labels})
    if autograd:
        back = {"nhwc": "", "nchw": ".permute(0, 2, 3, 1)", "rows": ".reshape(logits.shape)"}[layout]
        lines += [f"{call}.backward()", f"return z.grad{back}.numpy()"]
    elif array:
        back = {"nhwc": call, "nchw": f"np.moveaxis({call}, 1, -1)", "rows": f"{call}.reshape(logits.shape)"}[layout]
        lines.append(f"return {back}")
    else:
        lines.append(f"return float({call})")
    body = "\n".join(f"    {line}" if line else "" for line in lines)
    takes = "logits, labels, gamma" if of_gamma else "logits, labels, ignore_index=None, class_weights=None"
    return f"def {name}_of_target({takes}):\n{body}\n"
