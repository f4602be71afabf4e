"""A target of any function: who is the truth, how many classes, what is ignored, and what shapes it takes.

Names of arguments say what they mean; a few small images say whether a batch, rows of pixels or single images are
wanted, and arrays or tensors of PyTorch. What is found out is written as a function of a few lines, which is what is
run and what a counterexample prints.
"""

from __future__ import annotations

import linecache
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from npseg.arrays import as_numpy
from npseg.errors import ArgumentError, NpsegError
from npseg.laws.adapters.calling import Signature, Where, resolve, signature_of
from npseg.laws.adapters.counting_classes import answers, most_classes
from npseg.laws.adapters.foreground import (
    FOREGROUND_NOTE,
    MASKS_NOTE,
    MAYBE_MASKS_NOTE,
    SCORES_OF_MASKS,
    leaves_background_out,
    scores_masks,
    speaks_of_classes,
    speaks_of_masks,
    takes_labels,
)
from npseg.laws.adapters.standard import standard_target
from npseg.laws.adapters.wrapping import FORMS, MASKS, Form, Part, definition
from npseg.laws.measures import MEASURES, find_measure
from npseg.laws.target import Target, Unsupported

__all__ = ["FAMILIES", "WRAPPER", "measure_named", "target_of"]

WRAPPER = """write a wrapper that takes what laws give, and point at it:

    def score(y_true, y_pred, num_classes, ignore_index=None):
        \"\"\"Label maps (N, H, W) of integers; to a number, or to an array (K,) of each class.\"\"\"
        return ..."""
"""What to do about a function that cannot be made out."""

FRAMEWORKS = ("array", "tensor")
FAMILIES = ("overlap", "counts")  # whose functions take label maps
TRIED = ((3, 2), (2, 3))
"""Classes and images that a function is tried with: no two alike, so that a shape says what it is of."""
HEIGHT, WIDTH = 4, 5


def target_of(
    subject: str | Callable[..., Any],
    measures: Sequence[str] = (),
    *,
    declared: Mapping[str, str] | None = None,
    tolerance: float | None = None,
) -> Target:
    """A target of a function, given itself or as `"module:name"`.

    `measures` names what it computes; left out, its name says so, or the keys of the dictionary that it returns.
    The tolerance is 1e-6, or 1e-5 for a function of tensors. Raises `ArgumentError`, which says how to write a wrapper.

    >>> def mean_iou(gt, pred, n_classes):
    ...     return float(np.nanmean([((gt == k) & (pred == k)).sum() / ((gt == k) | (pred == k)).sum()
    ...                              for k in range(n_classes)]))
    >>> target = target_of(mean_iou)
    >>> target.measures["iou"](np.array([[[0, 1]]]), np.array([[[0, 0]]]), 2)
    0.25
    """
    function, where = resolve(subject)
    named = [find_measure("laws", name) for name in measures]
    if any(one.family not in FAMILIES for one in named):
        # Laws of other families give other things than label maps; the function must be in the form that they call.
        return standard_target(function, where, named, declared, 1e-6 if tolerance is None else tolerance)
    signature = signature_of(function, where, WRAPPER)
    views = _of_masks(function, signature, where, measures)
    if views and not _may_take_labels(function, signature, where, measures):
        framework, runs = views
        tolerance = (1e-5 if framework == "tensor" else 1e-6) if tolerance is None else tolerance
        return Target(where.title, runs, declared or {}, tolerance, rearranged=True, notes=(MASKS_NOTE,))
    signature, answer = _understood(function, signature, where)
    form = answer.form
    parts = _parts_of(answer, where, measures)
    most = most_classes(_compiled("answer", function, where, signature, form, Part()), signature)
    found, next_ones = {}, False
    for name, part in parts.items():
        found[name] = _compiled(name, function, where, signature, form, part, most)
        if leaves_background_out(name, found[name]):
            next_ones = True
            found[name] = _compiled(name, function, where, signature, replace(form, view="next"), part, most)
    if tolerance is None:
        tolerance = 1e-5 if form.framework == "tensor" else 1e-6
    limit = f"the number of classes is not asked for; more than {most} are an error, so no more were drawn"
    notes = {limit: most is not None, FOREGROUND_NOTE: next_ones, MAYBE_MASKS_NOTE: views is not None}
    return Target(
        where.title, found, declared or {}, tolerance, ignored_by_default=signature.ignored_by_default,
        rearranged=next_ones, notes=tuple(note for note, holds in notes.items() if holds),
    )  # fmt: skip


def _of_masks(
    function: Callable[..., Any], signature: Signature, where: Where, measures: Sequence[str]
) -> tuple[str, dict[str, Callable[..., Any]]] | None:
    """The framework and the measures of a function that answers to masks as a score of them does; None if none does."""
    if any(one is not None for one in (signature.classes, signature.listed, signature.ignored)):
        return None
    for framework in FRAMEWORKS:
        for shape in FORMS:
            for view in MASKS:
                form = Form(shape, framework, view)
                parts = _parts_of_masks(function, where, measures, form)
                runs = {
                    f"{name}_per_class": _compiled(f"{name}_per_class", function, where, signature, form, part)
                    for name, part in parts.items()
                }
                if runs and all(scores_masks(name.removesuffix("_per_class"), run) for name, run in runs.items()):
                    return framework, runs
    return None


def _parts_of_masks(function: Callable[..., Any], where: Where, measures: Sequence[str], form: Form) -> dict[str, Part]:
    """What a function of masks may measure: what is asked for, or its name says, or the keys of its answer do."""
    wanted = [find_measure("laws", name).name.removesuffix("_per_class") for name in measures]
    mask = np.ones((1, 2, 2), np.uint8)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = function(mask, mask)
    except (Exception, SystemExit):  # it wants another form, which is tried in its turn
        answer = None
    named = {str(key): key for key in answer} if isinstance(answer, Mapping) else {}
    parts = {measure_named(name): Part(key) for name, key in named.items()}
    if not named:
        guessed = wanted[0] if len(wanted) == 1 else measure_named(where.name)
        parts = {None if guessed is None else guessed.removesuffix("_per_class"): Part()}
    return {name: part for name, part in parts.items() if name in SCORES_OF_MASKS and name in (wanted or parts)}


def _may_take_labels(function: Callable[..., Any], signature: Signature, where: Where, measures: Sequence[str]) -> bool:
    """Whether a function that scores masks is one of label maps all the same, to which masks are two classes."""
    if speaks_of_masks([where.name, signature.truth, signature.prediction, *measures]):
        return False
    if speaks_of_classes(where.name) or any(speaks_of_classes(name) for name in measures):
        return True
    try:
        form = _understood(function, signature, where)[1].form
    except ArgumentError:
        return False
    return takes_labels(_compiled("answer", function, where, signature, form, Part()))


def measure_named(text: str) -> str | None:
    """The measure that a name speaks of, or None.

    >>> measure_named("compute_mIoU"), measure_named("per_category_iou"), measure_named("dice_coef")
    ('iou', 'iou_per_class', 'dice')
    """
    plain = text.lower().replace("_", "").replace("-", "").replace(" ", "")
    per_class = any(word in plain for word in ("perclass", "percategory", "classwise", "byclass", "perlabel"))
    spellings = [
        (spelling.replace("_", ""), one.name)
        for one in MEASURES.values()
        if one.family in FAMILIES and not one.per_class
        for spelling in (one.name, *one.aliases)
    ]
    spellings += [("intersectionoverunion", "iou"), ("sensitivity", "recall"), ("f1score", "dice"), ("matthews", "mcc")]
    for spelling, name in sorted(spellings, key=lambda pair: -len(pair[0])):
        if spelling in plain and (len(spelling) > 3 or spelling in ("iou", "mcc", "acc")):
            return f"{name}_per_class" if per_class and f"{name}_per_class" in MEASURES else name
    return None


@dataclass(frozen=True)
class _Answer:
    """What a function answered to the first form that it takes."""

    form: Form
    classes: int
    images: int
    value: Any


def _maps(classes: int, images: int) -> tuple[np.ndarray, np.ndarray]:
    """A truth and a prediction to try a function with."""
    y_true = np.arange(images * HEIGHT * WIDTH).reshape(images, HEIGHT, WIDTH) % classes
    return y_true, np.where(np.arange(WIDTH) < 1, (y_true + 1) % classes, y_true)


def _understood(function: Callable[..., Any], signature: Signature, where: Where) -> tuple[Signature, _Answer]:
    """A function's answer, and how it was called; one that takes any name is given those of laws first."""
    if not signature.open_ended:
        return signature, _answer_of(function, signature, where)
    fuller = replace(
        signature,
        classes=signature.classes or (None if signature.listed else "num_classes"),
        ignored=signature.ignored or "ignore_index",
    )
    try:
        answer = _answer_of(function, fuller, where)
    except ArgumentError as refusal:
        try:  # it hands them on to something that does not know them
            return signature, _answer_of(function, signature, where)
        except ArgumentError:
            raise refusal from None
    run = _compiled("answer", function, where, fuller, answer.form, Part())
    if not answers(run, *_maps(answer.classes, answer.images), answer.classes, 255):
        fuller = replace(fuller, ignored=signature.ignored)
    return fuller, answer


def _answer_of(function: Callable[..., Any], signature: Signature, where: Where) -> _Answer:
    """The answer to the first form of arguments that the function takes."""
    errors = []
    for classes, images in TRIED:
        for framework in FRAMEWORKS:
            for shape in FORMS:
                form = Form(shape, framework)
                run = _compiled("answer", function, where, signature, form, Part())
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        value = run(*_maps(classes, images), classes)
                        np.asarray(value)  # which raises for a tensor that requires a gradient, say
                        return _Answer(form, classes, images, value)
                except (Exception, SystemExit) as error:  # whatever a user's function raises, it does not take this
                    said = str(error).strip().splitlines()
                    errors.append(f"{classes} classes, {form.words}: {type(error).__name__}: {said[0] if said else ''}")
    raise ArgumentError(
        f"laws: {where.title} answers to no form of label maps; tried were\n  " + "\n  ".join(errors) + f"\n{WRAPPER}"
    )


def _parts_of(answered: _Answer, where: Where, measures: Sequence[str]) -> dict[str, Part]:
    """Measure to the part of the answer that holds it."""
    wanted = [find_measure("laws", name).name for name in measures]
    answer = answered.value
    if isinstance(answer, tuple) and hasattr(answer, "_asdict"):
        named = {name: (place, value) for place, (name, value) in enumerate(answer._asdict().items())}
        return _parts_of_named(answered, named, where, wanted)
    if isinstance(answer, Mapping):
        return _parts_of_named(answered, {key: (key, value) for key, value in answer.items()}, where, wanted)
    if isinstance(answer, tuple):
        raise ArgumentError(
            f"laws: {where.title} returns a tuple of {len(answer)}, and no name says what each is; {WRAPPER}"
        )
    if not wanted:
        guessed = measure_named(where.name)
        if guessed is None:
            raise ArgumentError(
                f"laws: what does {where.title} measure? Its name does not say; name it (--metric), as one of "
                + ", ".join(name for name, one in MEASURES.items() if one.family in FAMILIES)
            )
        wanted = [guessed]
    if len(wanted) > 1:
        raise ArgumentError(f"laws: {where.title} returns one value; it cannot be {' and '.join(wanted)} at once")
    part = _part(answered, wanted[0], None, answer)
    if part is None:
        try:
            value = as_numpy(answer, name="the answer")
            words = f"{type(answer).__name__} of shape {value.shape} and type {value.dtype}"
        except NpsegError as error:
            words = f"{type(answer).__name__} ({error})"
        raise ArgumentError(
            f"laws: {where.title} returns {words} for {answered.images} images of {answered.classes} classes, which is "
            f"no {wanted[0]}; {WRAPPER}"
        )
    return dict([part])


def _parts_of_named(
    answered: _Answer, answer: Mapping[Any, tuple[Any, Any]], where: Where, wanted: list[str]
) -> dict[str, Part]:
    """The same of an answer whose parts have names: name to key and value."""
    found: dict[str, Part] = {}
    for name, (key, value) in answer.items():
        measure = measure_named(str(name))
        part = None if measure is None else _part(answered, measure, key, value)
        if part is not None:
            found.setdefault(*part)
    missing = [name for name in wanted if name not in found]
    if missing or not found:
        raise ArgumentError(
            f"laws: {where.title} returns {', '.join(map(repr, answer))}; none of them is "
            f"{' or '.join(missing) or 'a measure that laws speak of'}; {WRAPPER}"
        )
    return {name: found[name] for name in wanted} if wanted else found


def _part(answered: _Answer, measure: str, key: Any, value: Any) -> tuple[str, Part] | None:
    """The measure that a value is, by its shape, and how to get at it; None if it is none."""
    try:
        array = as_numpy(value, name="the answer")
    except NpsegError:
        return None
    if array.dtype.kind not in "fiub":
        return None
    if MEASURES[measure].family == "counts":
        return (measure, Part(key)) if array.shape == (answered.classes, answered.classes) else None
    of_classes = measure if MEASURES[measure].per_class else f"{measure}_per_class"
    if array.shape == (answered.classes,):
        return (of_classes, Part(key)) if of_classes in MEASURES else None
    if MEASURES[measure].per_class:
        return None
    if array.shape == (answered.images,) and answered.form.shape == "batch":
        return measure, Part(key, averaged=True)
    return (measure, Part(key)) if array.shape == () else None


def _compiled(
    name: str,
    function: Callable[..., Any],
    where: Where,
    signature: Signature,
    form: Form,
    part: Part,
    most: int | None = None,
) -> Callable[..., Any]:
    """The wrapper as a function whose text `inspect` finds."""
    text = definition(name, where, signature, form, part, most)
    file = f"<npseg.laws wrapper of {where.title}: {name}, {form.words}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"np": np, "Unsupported": Unsupported, "__name__": function.__module__}
    if not where.importable:
        scope[function.__name__] = function
    exec(compile(text, file, "exec"), scope)  # the text is made above, of names that Python has parsed
    return scope[f"{name}_of_target"]
