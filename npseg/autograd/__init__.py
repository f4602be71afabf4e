"""Reverse-mode automatic differentiation over pullbacks: the tensor, the tape and the gradient check.

This package knows no op. `npseg.ops` fills `dispatch.TABLE` when it is imported, and `a + b`, `np.exp(a)` and
`a.sum()` work from then on.
"""

from npseg.autograd.differentiable import differentiable
from npseg.autograd.gradcheck import gradcheck
from npseg.autograd.modes import is_grad_enabled, no_grad, observe
from npseg.autograd.tensor import Tensor

__all__ = ["Tensor", "differentiable", "gradcheck", "is_grad_enabled", "no_grad", "observe"]
