"""npseg.losses, as laws call losses."""

from __future__ import annotations

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def cross_entropy(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses

    return losses.cross_entropy(logits, labels, ignore_index=ignore_index, weight=class_weights).item()


def cross_entropy_gradient(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses
    from npseg.autograd import Tensor

    z = Tensor(logits, requires_grad=True)
    losses.cross_entropy(z, labels, ignore_index=ignore_index, weight=class_weights).backward()
    return z.grad


def focal(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses

    return losses.focal(logits, labels, ignore_index=ignore_index, alpha=class_weights).item()


def focal_gradient(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses
    from npseg.autograd import Tensor

    z = Tensor(logits, requires_grad=True)
    losses.focal(z, labels, ignore_index=ignore_index, alpha=class_weights).backward()
    return z.grad


def focal_gamma(logits, labels, gamma):
    from npseg import losses

    return losses.focal(logits, labels, gamma=gamma, ignore_index=None).item()


def soft_dice(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses

    if class_weights is not None:
        raise Unsupported("soft_dice takes no weights")
    return losses.soft_dice(logits, labels, ignore_index=ignore_index).item()


def soft_dice_gradient(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses
    from npseg.autograd import Tensor

    if class_weights is not None:
        raise Unsupported("soft_dice takes no weights")
    z = Tensor(logits, requires_grad=True)
    losses.soft_dice(z, labels, ignore_index=ignore_index).backward()
    return z.grad


def unsmoothed_dice(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses

    if class_weights is not None:
        raise Unsupported("soft_dice takes no weights")
    return losses.soft_dice(logits, labels, smooth=0.0, ignore_index=ignore_index).item()


def squared_dice(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses

    if class_weights is not None:
        raise Unsupported("soft_dice takes no weights")
    return losses.soft_dice(logits, labels, squared=True, ignore_index=ignore_index).item()


def squared_dice_gradient(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses
    from npseg.autograd import Tensor

    if class_weights is not None:
        raise Unsupported("soft_dice takes no weights")
    z = Tensor(logits, requires_grad=True)
    losses.soft_dice(z, labels, squared=True, ignore_index=ignore_index).backward()
    return z.grad


def sum_of_losses(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses
    from npseg.autograd import Tensor

    criterion = losses.build(dice=0.5, focal=2.0, class_weights=class_weights, ignore_index=ignore_index)
    return criterion(Tensor(logits), labels).item()


def sum_of_losses_gradient(logits, labels, ignore_index=None, class_weights=None):
    from npseg import losses
    from npseg.autograd import Tensor

    criterion = losses.build(dice=0.5, focal=2.0, class_weights=class_weights, ignore_index=ignore_index)
    z = Tensor(logits, requires_grad=True)
    criterion(z, labels).backward()
    return z.grad


def targets() -> list[Target]:
    """npseg's losses, with what their docstrings say."""
    # Each: "When all are ignored the loss is 0."
    zero = {"all-ignored": "0", "ignore": "supported", "activation": "softmax"}
    return [
        Target(
            "npseg.losses.cross_entropy",
            {"cross_entropy": cross_entropy, "cross_entropy_gradient": cross_entropy_gradient},
            declared={**zero, "reduction": "weighted-mean"},  # "divided by the sum of the weights of the pixels"
            library="npseg",
        ),
        Target(
            "npseg.losses.focal",
            {"focal": focal, "focal_gradient": focal_gradient, "focal_gamma": focal_gamma},
            declared={**zero, "reduction": "mean"},  # "alpha ... does not enter the divisor"
            library="npseg",
        ),
        Target(
            "npseg.losses.soft_dice",
            {"soft_dice": soft_dice, "soft_dice_gradient": soft_dice_gradient},
            declared={**zero, "smooth": "positive"},  # "smooth: pixels added above and below", 1 by default
            library="npseg",
        ),
        Target(
            "npseg.losses.soft_dice(smooth=0)",
            {"soft_dice": unsmoothed_dice},
            declared={**zero, "smooth": "0"},
            library="npseg",
        ),
        Target(
            "npseg.losses.soft_dice(squared=True)",
            {"soft_dice": squared_dice, "soft_dice_gradient": squared_dice_gradient},
            declared={**zero, "smooth": "positive"},
            library="npseg",
        ),
        Target(
            "npseg.losses.build(dice=0.5, focal=2.0)",
            {"loss": sum_of_losses, "loss_gradient": sum_of_losses_gradient},
            declared=zero,
            library="npseg",
        ),
    ]
