"""Label maps made ready for the loops: one pass that translates and checks."""

from __future__ import annotations

from npseg.kernels._jit import jit

__all__ = ["class_numbers"]


@jit
def class_numbers(labels, classes, ignore, has_ignore, out):
    """Writes the class, or -1 where a label is `ignore`; returns how many labels are neither. All flat; out int32."""
    wrong = 0
    for i in range(labels.size):
        label = labels[i]
        ignored = has_ignore and label == ignore
        inside = label >= 0 and label < classes
        out[i] = -1 if ignored or not inside else label
        wrong += 0 if ignored or inside else 1
    return wrong
