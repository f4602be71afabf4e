"""torch.nn.functional.cross_entropy, as laws call losses."""

from __future__ import annotations

from npseg.laws.target import Target

__all__ = ["targets"]


def torch_cross_entropy(logits, labels, ignore_index, class_weights, reduction):
    """The loss as a tensor, and the logits that it is of, (N, C, H, W) as PyTorch wants them."""
    import torch

    z = torch.from_numpy(logits).permute(0, 3, 1, 2).requires_grad_()
    weight = None if class_weights is None else torch.from_numpy(class_weights).to(z.dtype)
    settings = {} if ignore_index is None else {"ignore_index": ignore_index}
    t = torch.from_numpy(labels)
    return torch.nn.functional.cross_entropy(z, t, weight=weight, reduction=reduction, **settings), z


def cross_entropy(logits, labels, ignore_index=None, class_weights=None):
    return torch_cross_entropy(logits, labels, ignore_index, class_weights, "mean")[0].item()


def cross_entropy_gradient(logits, labels, ignore_index=None, class_weights=None):
    loss, z = torch_cross_entropy(logits, labels, ignore_index, class_weights, "mean")
    loss.backward()
    return z.grad.permute(0, 2, 3, 1).numpy()


def summed_cross_entropy(logits, labels, ignore_index=None, class_weights=None):
    return torch_cross_entropy(logits, labels, ignore_index, class_weights, "sum")[0].item()


def summed_cross_entropy_gradient(logits, labels, ignore_index=None, class_weights=None):
    loss, z = torch_cross_entropy(logits, labels, ignore_index, class_weights, "sum")
    loss.backward()
    return z.grad.permute(0, 2, 3, 1).numpy()


def targets() -> list[Target]:
    """PyTorch's cross-entropy under both reductions, with what its documentation says."""
    both = {"ignore": "supported", "activation": "softmax"}
    return [
        Target(
            "torch.nn.functional.cross_entropy",
            {"cross_entropy": cross_entropy, "cross_entropy_gradient": cross_entropy_gradient},
            # "'mean': the weighted mean of the output is taken"; its formula for the mean, l_n over the sum of the
            # weights of the pixels that count, is 0 / 0 when there are none.
            declared={**both, "reduction": "weighted-mean", "all-ignored": "nan"},
            library="torch",
        ),
        Target(
            "torch.nn.functional.cross_entropy(reduction='sum')",
            {"cross_entropy": summed_cross_entropy, "cross_entropy_gradient": summed_cross_entropy_gradient},
            declared={**both, "reduction": "sum", "all-ignored": "0"},  # a sum of no terms
            library="torch",
        ),
    ]
