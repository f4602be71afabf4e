"""Which errors are an answer of a measure. Laws print this function beside themselves."""

from __future__ import annotations

__all__ = ["refuses"]


def refuses(error):
    """Whether an error says no to an input; not one with which Python stops code that has gone wrong.

    ValueError, TypeError, RuntimeError and AssertionError are raised on purpose for what is not taken, by array
    libraries too: PyTorch raises RuntimeError for a type that a kernel lacks. IndexError is how an array says that it
    has no such label, or that labels of that type are no index. A class of the library's own has no other use, and
    counts as what it is derived from. AttributeError, NameError (UnboundLocalError too), ZeroDivisionError, KeyError,
    RecursionError and all others come from Python itself, by accident: nobody looked at the input.

    >>> refuses(ValueError("labels must be below 3")), refuses(ZeroDivisionError("division by zero"))
    (True, False)
    """
    kind = next(one for one in type(error).__mro__ if one.__module__ == "builtins")
    return kind in (ValueError, TypeError, RuntimeError, NotImplementedError, AssertionError, IndexError, Exception)
