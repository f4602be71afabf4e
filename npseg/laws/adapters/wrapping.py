"""The text of a function that calls a user's function as laws call a measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from npseg.laws.adapters.calling import Signature, Where

__all__ = ["FORMS", "MASKS", "Form", "Part", "definition"]

FORMS = {
    "batch": "a batch (N, H, W)",
    "row": "all pixels in one row",
    "image": "one image (H, W) after another, averaged",
}
"""Shapes of label maps that a function may want."""


@dataclass(frozen=True)
class Form:
    """What a function is given: a shape of `FORMS`, as arrays or as tensors of PyTorch."""

    shape: str
    framework: str
    view: str = "labels"
    """What of the label maps: "labels"; one of `MASKS`, of one class after another; or "next", labels plus one."""

    @property
    def words(self) -> str:
        """For error messages."""
        return f"{FORMS[self.shape]}, {'arrays' if self.framework == 'array' else 'tensors of PyTorch'}"


@dataclass(frozen=True)
class Part:
    """The part of an answer that is the measure."""

    key: Any = None
    """The entry of a dictionary or tuple; None if the answer is the measure itself."""
    averaged: bool = False
    """Whether it holds a number for each image, whose mean is the score."""


def definition(
    name: str, where: Where, signature: Signature, form: Form, part: Part, most_classes: int | None = None
) -> str:
    """Text of `{name}_of_target(y_true, y_pred, num_classes, ignore_index=None)`, which calls the function.

    `most_classes` is how many a function has that does not ask for their number.
    """
    lines = []
    if where.importable:
        root, *rest = where.name.split(".")
        lines.append(f"from {where.module} import {root}")
        called = ".".join([root, *rest])
    else:
        called = where.name.split(".")[-1]
    if form.framework == "tensor":
        lines.append("import torch")
    lines.append("")
    if most_classes is not None:
        lines += [
            f"if num_classes > {most_classes}:",
            f'    raise Unsupported("{where.name} asks for no number of classes, and takes {most_classes} at most")',
        ]
    if signature.ignored is None:
        lines += ["if ignore_index is not None:", f'    raise Unsupported("{where.name} has no ignore value")']
    if form.view in MASKS:
        lines += _mask_lines(called, signature, form, part.key)
        body = "\n".join(f"    {line}" if line else "" for line in lines)
        return f"def {name}_of_target(y_true, y_pred, num_classes, ignore_index=None):\n{body}\n"
    if form.view == "next":
        lines += [
            "# Its class 0 is in no mean: each label is given to it as the next one.",
            "y_true, y_pred = np.asarray(y_true).astype(np.int64) + 1, np.asarray(y_pred).astype(np.int64) + 1",
            "num_classes, ignore_index = num_classes + 1, None if ignore_index is None else ignore_index + 1",
        ]
    if form.framework == "tensor":
        lines.append("y_true, y_pred = torch.from_numpy(np.array(y_true)), torch.from_numpy(np.array(y_pred))")
    options = _options(signature)
    if signature.ignored is not None:
        # Without an ignore value the function's own default stands.
        lines.append(f'options = {{}} if ignore_index is None else {{"{signature.ignored}": ignore_index}}')
        options.append("**options")
    if form.shape == "row":
        lines.append("y_true, y_pred = y_true.reshape(-1), y_pred.reshape(-1)")
    if form.shape == "image":
        call = _call(called, signature, "truth", "prediction", options, part.key)
        lines.append(f"scores = [{call} for truth, prediction in zip(y_true, y_pred)]")
        lines.append("return scores[0]" if name == "answer" else "return np.nanmean(np.array(scores, float), axis=0)")
    else:
        call = _call(called, signature, "y_true", "y_pred", options, part.key)
        lines.append(f"return np.nanmean({call})" if part.averaged else f"return {call}")
    body = "\n".join(f"    {line}" if line else "" for line in lines)
    return f"def {name}_of_target(y_true, y_pred, num_classes, ignore_index=None):\n{body}\n"


MASKS = {
    "masks of bool": "{} == label",
    "masks of uint8": "({} == label).astype(np.uint8)",
    "masks of floats": "({} == label).astype(float)",
    "masks of 255": "({} == label).astype(np.uint8) * 255",
}
"""Views that ask about one class after another, and how its mask is made of a label map."""


def _mask_lines(called: str, signature: Signature, form: Form, key: Any) -> list[str]:
    """Asks about one class after another, and gives the scores of all."""
    truth, prediction = (MASKS[form.view].format(name) for name in ("y_true", "y_pred"))
    lines = ["by_class = []", "for label in range(num_classes):", f"    truth, prediction = {truth}, {prediction}"]
    if form.framework == "tensor":
        lines.append("    truth, prediction = torch.from_numpy(truth), torch.from_numpy(prediction)")
    if form.shape == "row":
        lines.append("    truth, prediction = truth.reshape(-1), prediction.reshape(-1)")
    call = _call(called, signature, "truth", "prediction", [], key)
    if form.shape == "image":
        each = _call(called, signature, "t", "p", [], key)
        call = f"[float({each}) for t, p in zip(truth, prediction)]"
    return [*lines, f"    by_class.append(float(np.nanmean({call})))", "return np.array(by_class)"]


def _options(signature: Signature) -> list[str]:
    options = []
    if signature.classes is not None:
        options.append(f"{signature.classes}=num_classes")
    if signature.listed is not None:
        options.append(f"{signature.listed}=list(range(num_classes))")
    return options


def _call(called: str, signature: Signature, truth: str, prediction: str, options: list[str], key: Any) -> str:
    maps = [(signature.truth, truth), (signature.prediction, prediction)]
    if not signature.truth_first:
        maps.reverse()
    passed = [value if signature.by_position else f"{argument}={value}" for argument, value in maps]
    call = f"{called}({', '.join([*passed, *options])})"
    return call if key is None else f"{call}[{key!r}]"
