"""npseg.ops, as laws call operators."""

from __future__ import annotations

from npseg.laws.target import Target

__all__ = ["targets"]


def pulled_back(op, dy, arrays, **settings):
    """The gradients of <dy, op(arrays)>, None for an array that is None."""
    from npseg.autograd import Tensor

    tensors = [None if array is None else Tensor(array, requires_grad=True) for array in arrays]
    op(*tensors, **settings).backward(dy)
    return tuple(None if tensor is None else tensor.grad for tensor in tensors)


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    from npseg import ops

    return ops.conv2d(x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups).data


def conv2d_vjp(dy, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    from npseg import ops

    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return pulled_back(ops.conv2d, dy, (x, weight, bias), **settings)


def conv_transpose2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    from npseg import ops

    return ops.conv_transpose2d(
        x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    ).data  # fmt: skip


def conv_transpose2d_vjp(dy, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    from npseg import ops

    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return pulled_back(ops.conv_transpose2d, dy, (x, weight, bias), **settings)


def bilinear(x, size):
    from npseg import ops

    return ops.resize(x, size).data


def bilinear_vjp(dy, x, size):
    from npseg import ops

    return pulled_back(ops.resize, dy, (x,), size=size)[0]


def bilinear_corners(x, size):
    from npseg import ops

    return ops.resize(x, size, align_corners=True).data


def bilinear_corners_vjp(dy, x, size):
    from npseg import ops

    return pulled_back(ops.resize, dy, (x,), size=size, align_corners=True)[0]


def nearest(x, size):
    from npseg import ops

    return ops.resize(x, size, mode="nearest").data


def nearest_vjp(dy, x, size):
    from npseg import ops

    return pulled_back(ops.resize, dy, (x,), size=size, mode="nearest")[0]


def max_pool2d(x, kernel_size, stride, padding=0):
    from npseg import ops

    return ops.max_pool2d(x, kernel_size, stride, padding).data


def max_pool2d_vjp(dy, x, kernel_size, stride, padding=0):
    from npseg import ops

    return pulled_back(ops.max_pool2d, dy, (x,), kernel_size=kernel_size, stride=stride, padding=padding)[0]


def avg_pool2d(x, kernel_size, stride, padding=0):
    from npseg import ops

    return ops.avg_pool2d(x, kernel_size, stride, padding).data


def avg_pool2d_vjp(dy, x, kernel_size, stride, padding=0):
    from npseg import ops

    return pulled_back(ops.avg_pool2d, dy, (x,), kernel_size=kernel_size, stride=stride, padding=padding)[0]


def avg_pool_of_image(x, kernel_size, stride, padding=0):
    from npseg import ops

    return ops.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=False).data


def avg_pool_of_image_vjp(dy, x, kernel_size, stride, padding=0):
    from npseg import ops

    settings = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "count_include_pad": False}
    return pulled_back(ops.avg_pool2d, dy, (x,), **settings)[0]


def relu(x):
    from npseg import ops

    return ops.relu(x).data


def relu_vjp(dy, x):
    from npseg import ops

    return pulled_back(ops.relu, dy, (x,))[0]


def softmax(x):
    from npseg import ops

    return ops.softmax(x).data


def softmax_vjp(dy, x):
    from npseg import ops

    return pulled_back(ops.softmax, dy, (x,))[0]


def targets() -> list[Target]:
    """npseg's operators, with what their docstrings say."""
    return [
        Target(
            "npseg.ops",
            {
                "conv2d": conv2d, "conv2d_vjp": conv2d_vjp,
                "conv_transpose2d": conv_transpose2d, "conv_transpose2d_vjp": conv_transpose2d_vjp,
                "resize": bilinear, "resize_vjp": bilinear_vjp,
                "max_pool2d": max_pool2d, "max_pool2d_vjp": max_pool2d_vjp,
                "avg_pool2d": avg_pool2d, "avg_pool2d_vjp": avg_pool2d_vjp,
                "relu": relu, "relu_vjp": relu_vjp, "softmax": softmax, "softmax_vjp": softmax_vjp,
            },
            # "an int or (height, width)"; "align_corners=False: pixels are areas"; count_include_pad is True
            declared={"pairs": "supported", "grid": "half-pixel", "padding-counts": "yes", "result-type": "as-given"},
            library="npseg",
        ),
        Target(
            "npseg.ops.resize(align_corners=True)",
            {"resize": bilinear_corners, "resize_vjp": bilinear_corners_vjp},
            declared={"grid": "align-corners"},
            library="npseg",
        ),
        Target(
            "npseg.ops.resize(mode='nearest')",
            {"resize": nearest, "resize_vjp": nearest_vjp},
            declared={"grid": "nearest"},  # "takes pixel floor(i H / Ho)"
            library="npseg",
        ),
        Target(
            "npseg.ops.avg_pool2d(count_include_pad=False)",
            {"avg_pool2d": avg_pool_of_image, "avg_pool2d_vjp": avg_pool_of_image_vjp},
            declared={"padding-counts": "no"},
            library="npseg",
        ),
    ]  # fmt: skip
