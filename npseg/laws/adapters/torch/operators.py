"""torch.nn.functional's convolutions, resizing and pooling, as laws call operators."""

from __future__ import annotations

from npseg.laws.target import Target

__all__ = ["targets"]


def in_torch(function, x, weight=None, bias=None, dy=None, **settings):
    """`function` of images (N, H, W, C) and a weight (kh, kw, in, out); with `dy` the gradients of all arrays."""
    import torch

    leaves = [torch.from_numpy(array) for array in (x, weight, bias) if array is not None]
    for leaf in leaves:
        leaf.requires_grad_(dy is not None)
    orders = ((0, 3, 1, 2), (3, 2, 0, 1), (0,))  # to (N, C, H, W) and (out, in, kh, kw)
    given = [leaf.permute(order) for leaf, order in zip(leaves, orders)]
    given[1:2] = [kernel.contiguous() for kernel in given[1:2]]  # the gradient of a strided weight is refused
    y = function(*given, **settings).permute(0, 2, 3, 1)
    if dy is None:
        return y.numpy()
    y.backward(torch.from_numpy(dy))
    return tuple(leaf.grad.numpy() for leaf in leaves)


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    import torch

    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return in_torch(torch.nn.functional.conv2d, x, weight, bias, **settings)


def conv2d_vjp(dy, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    import torch

    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return in_torch(torch.nn.functional.conv2d, x, weight, bias, dy, **settings)


def conv_transpose2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    import torch

    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return in_torch(torch.nn.functional.conv_transpose2d, x, weight, bias, **settings)


def conv_transpose2d_vjp(dy, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    import torch

    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return in_torch(torch.nn.functional.conv_transpose2d, x, weight, bias, dy, **settings)


def bilinear(x, size):
    import torch

    return in_torch(torch.nn.functional.interpolate, x, size=tuple(size), mode="bilinear")


def bilinear_vjp(dy, x, size):
    import torch

    return in_torch(torch.nn.functional.interpolate, x, dy=dy, size=tuple(size), mode="bilinear")


def bilinear_corners(x, size):
    import torch

    return in_torch(torch.nn.functional.interpolate, x, size=tuple(size), mode="bilinear", align_corners=True)


def bilinear_corners_vjp(dy, x, size):
    import torch

    return in_torch(torch.nn.functional.interpolate, x, dy=dy, size=tuple(size), mode="bilinear", align_corners=True)


def nearest_exact(x, size):
    import torch

    return in_torch(torch.nn.functional.interpolate, x, size=tuple(size), mode="nearest-exact")


def nearest_exact_vjp(dy, x, size):
    import torch

    return in_torch(torch.nn.functional.interpolate, x, dy=dy, size=tuple(size), mode="nearest-exact")


def nearest(x, size):
    import torch

    return in_torch(torch.nn.functional.interpolate, x, size=tuple(size), mode="nearest")


def nearest_vjp(dy, x, size):
    import torch

    return in_torch(torch.nn.functional.interpolate, x, dy=dy, size=tuple(size), mode="nearest")


def max_pool2d(x, kernel_size, stride, padding=0):
    import torch

    return in_torch(torch.nn.functional.max_pool2d, x, kernel_size=kernel_size, stride=stride, padding=padding)


def max_pool2d_vjp(dy, x, kernel_size, stride, padding=0):
    import torch

    settings = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    return in_torch(torch.nn.functional.max_pool2d, x, dy=dy, **settings)


def avg_pool2d(x, kernel_size, stride, padding=0):
    import torch

    return in_torch(torch.nn.functional.avg_pool2d, x, kernel_size=kernel_size, stride=stride, padding=padding)


def avg_pool2d_vjp(dy, x, kernel_size, stride, padding=0):
    import torch

    settings = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    return in_torch(torch.nn.functional.avg_pool2d, x, dy=dy, **settings)


def relu(x):
    import torch

    return in_torch(torch.nn.functional.relu, x)


def relu_vjp(dy, x):
    import torch

    return in_torch(torch.nn.functional.relu, x, dy=dy)


def softmax(x):
    import torch

    return in_torch(torch.softmax, x, dim=1)


def softmax_vjp(dy, x):
    import torch

    return in_torch(torch.softmax, x, dy=dy, dim=1)


def targets() -> list[Target]:
    """PyTorch's operators, with what its documentation says."""
    return [
        Target(
            "torch.nn.functional",
            {
                "conv2d": conv2d, "conv2d_vjp": conv2d_vjp,
                "conv_transpose2d": conv_transpose2d, "conv_transpose2d_vjp": conv_transpose2d_vjp,
                "resize": bilinear, "resize_vjp": bilinear_vjp,
                "max_pool2d": max_pool2d, "max_pool2d_vjp": max_pool2d_vjp,
                "avg_pool2d": avg_pool2d, "avg_pool2d_vjp": avg_pool2d_vjp,
                "relu": relu, "relu_vjp": relu_vjp, "softmax": softmax, "softmax_vjp": softmax_vjp,
            },
            # "Can be a single number or a tuple (sH, sW)"; "If set to False, the input and output tensors are aligned
            # by the corner points of their corner pixels"; count_include_pad is True by default.
            declared={"pairs": "supported", "grid": "half-pixel", "padding-counts": "yes"},
            library="torch",
        ),
        Target(
            "torch.nn.functional.interpolate(align_corners=True)",
            {"resize": bilinear_corners, "resize_vjp": bilinear_corners_vjp},
            declared={"grid": "align-corners"},  # "aligned by the center points of their corner pixels"
            library="torch",
        ),
        Target(
            "torch.nn.functional.interpolate(mode='nearest')",
            {"resize": nearest, "resize_vjp": nearest_vjp},
            library="torch",
        ),
        Target(
            "torch.nn.functional.interpolate(mode='nearest-exact')",
            {"resize": nearest_exact, "resize_vjp": nearest_exact_vjp},
            library="torch",
        ),
    ]  # fmt: skip
