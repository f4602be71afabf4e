"""MONAI's Dice and focal losses, as laws call losses."""

from __future__ import annotations

from npseg.laws.target import Target, Unsupported

__all__ = ["targets"]


def monai_loss(name, logits, labels, ignore_index, class_weights, **settings):
    """A loss of monai.losses, built with these settings, and the logits that it is of, (N, C, H, W)."""
    import monai.losses
    import torch

    if ignore_index is not None:
        raise Unsupported("MONAI's losses have no ignored label; a mask is for MaskedLoss")
    weight = None if class_weights is None else torch.from_numpy(class_weights)
    z = torch.from_numpy(logits).permute(0, 3, 1, 2).requires_grad_()
    loss = getattr(monai.losses, name)(to_onehot_y=True, weight=weight, **settings)
    return loss(z, torch.from_numpy(labels)[:, None]), z


def dice(logits, labels, ignore_index=None, class_weights=None):
    return monai_loss("DiceLoss", logits, labels, ignore_index, class_weights, softmax=True)[0].item()


def dice_gradient(logits, labels, ignore_index=None, class_weights=None):
    loss, z = monai_loss("DiceLoss", logits, labels, ignore_index, class_weights, softmax=True)
    loss.backward()
    return z.grad.permute(0, 2, 3, 1).numpy()


def focal(logits, labels, ignore_index=None, class_weights=None):
    return monai_loss("FocalLoss", logits, labels, ignore_index, class_weights, use_softmax=True)[0].item()


def focal_gradient(logits, labels, ignore_index=None, class_weights=None):
    loss, z = monai_loss("FocalLoss", logits, labels, ignore_index, class_weights, use_softmax=True)
    loss.backward()
    return z.grad.permute(0, 2, 3, 1).numpy()


def targets() -> list[Target]:
    """MONAI's losses of the softmax, with what its documentation says."""
    return [
        Target(
            "monai.losses.DiceLoss(softmax=True)",
            {"soft_dice": dice, "soft_dice_gradient": dice_gradient},
            # "smooth_nr: a small constant added to the numerator to avoid zero", 1e-5 as smooth_dr
            declared={"activation": "softmax", "smooth": "positive"},
            library="monai",
        ),
        Target(
            "monai.losses.FocalLoss(use_softmax=True)",
            # "the sum of the output will be divided by the number of elements in the output", which has a number for
            # each class: not the mean over pixels that the laws of focal losses speak of.
            {"loss": focal, "loss_gradient": focal_gradient},
            declared={"activation": "softmax"},
            tolerance=1e-5,  # it takes logits to float32 first
            library="monai",
        ),
    ]
