"""The names of classes."""

from __future__ import annotations

from collections.abc import Sequence

from npseg.errors import ArgumentError

__all__ = ["name_classes"]


def name_classes(function: str, num_classes: int, class_names: Sequence[str] | None) -> tuple[str, ...]:
    """The names given, or "class 0", "class 1", ..."""
    if class_names is None:
        return tuple(f"class {index}" for index in range(num_classes))
    names = tuple(str(name) for name in class_names)
    if isinstance(class_names, str) or len(names) != num_classes:
        raise ArgumentError(
            f"{function}: class_names has {len(names)} names ({', '.join(names)}) "
            f"for num_classes={num_classes}; pass one name per class, in the order of their labels"
        )
    return names
