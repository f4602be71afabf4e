"""How stride, padding, dilation, groups and the kernel's own place act."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from npseg.laws import strategies
from npseg.laws.law import law
from npseg.laws.operators.definitions import unlike

WINDOWED = ("conv2d", "max_pool2d", "avg_pool2d")


@law(
    110,
    "operator-shift-equivariant",
    family="operator",
    of=WINDOWED,
    statement="Without padding, an image whose first rows or columns, as many as the stride, are cut off loses the "
    "first row or column of its result, and nothing else.",
    symbols="A(x[s:]) = (A x)[1:]",
    source="Result i reads the image from i s on, by the same weights everywhere.",
    draw=lambda measure: strategies.arguments_of(measure, paddings=(0, 0)),
)
def operator_shift_equivariant(score, tolerance, x, stride, **settings):
    whole = np.asarray(score(x, stride=stride, **settings), float)
    for axis, lines in ((1, "rows"), (2, "columns")):
        if whole.shape[axis] == 1:
            continue
        rest = np.delete(x, range(stride), axis)
        if broken := unlike(score(rest, stride=stride, **settings), np.delete(whole, 0, axis), tolerance):
            return f"without the first {stride} {lines}: {broken}"


@law(
    111,
    "one-by-one-kernel-is-a-matrix",
    family="operator",
    of=("conv2d",),
    statement="A kernel of one pixel multiplies the channels of every pixel by one matrix.",
    symbols="W (1, 1, C, K) => y = x W",
    source="The sum of law 100 has one term.",
    draw=lambda: strategies.convolutions(kernels=(1, 1), strides=(1, 1), paddings=(0, 0), groups=(1,)),
)
def one_by_one_kernel_is_a_matrix(score, tolerance, x, weight, **settings):
    return unlike(score(x, weight, **settings), x @ weight[0, 0], tolerance)


@st.composite
def with_a_place_in_a_kernel(draw):
    """An image, and the one entry of a kernel (2 r + 1, 2 r + 1) that is not zero."""
    reach = draw(st.integers(0, 2))
    place = st.integers(0, 2 * reach)
    return {"x": draw(strategies.images()), "reach": reach, "row": draw(place), "column": draw(place)}


@law(
    112,
    "kernel-of-one-entry-shifts",
    family="operator",
    of=("conv2d",),
    statement="A kernel with a single 1 moves the image: in the middle it leaves it as it is, below the middle it "
    "fetches from below.",
    symbols="W = delta(u, v), p = r => y[i, j] = x[i + u - r, j + v - r]",
    source="The sum of law 100 has one term. A flipped kernel moves it the other way.",
    draw=with_a_place_in_a_kernel,
)
def kernel_of_one_entry_shifts(score, tolerance, x, reach, row, column):
    channels = x.shape[3]
    weight = np.zeros((2 * reach + 1, 2 * reach + 1, channels, channels))
    weight[row, column] = np.eye(channels)
    padded = np.pad(x, ((0, 0), (reach, reach), (reach, reach), (0, 0)))
    expected = padded[:, row : row + x.shape[1], column : column + x.shape[2]]
    return unlike(score(x, weight, padding=reach), expected, tolerance)


@law(
    113,
    "stride-subsamples",
    family="operator",
    of=WINDOWED,
    statement="A stride leaves out results, and changes none.",
    symbols="A_s x = (A_1 x)[::s, ::s]",
    source="Result i of stride s reads where result i s of stride 1 does.",
    draw=lambda measure: strategies.arguments_of(measure),
)
def stride_subsamples(score, tolerance, x, stride, **settings):
    all_results = np.asarray(score(x, stride=1, **settings), float)
    return unlike(score(x, stride=stride, **settings), all_results[:, ::stride, ::stride], tolerance)


@law(
    114,
    "dilation-is-a-kernel-with-zeros",
    family="operator",
    of=("conv2d", "conv_transpose2d"),
    statement="Dilation by d puts d - 1 zeros between the entries of the kernel.",
    symbols="A(W, d) = A(W', 1) with W'[d u, d v] = W[u, v], else 0",
    source="Yu and Koltun 2016, Multi-scale context aggregation by dilated convolutions, section 2.",
    draw=lambda measure: strategies.arguments_of(measure),
)
def dilation_is_a_kernel_with_zeros(score, tolerance, x, weight, dilation, **settings):
    kh, kw = weight.shape[:2]
    spread = np.zeros((dilation * (kh - 1) + 1, dilation * (kw - 1) + 1, *weight.shape[2:]))
    spread[::dilation, ::dilation] = weight
    with_zeros = np.asarray(score(x, spread, **settings), float)
    return unlike(score(x, weight, dilation=dilation, **settings), with_zeros, tolerance)


@law(
    115,
    "groups-do-not-mix",
    family="operator",
    of=("conv2d", "conv_transpose2d"),
    statement="A convolution in groups is one convolution for each group of channels, side by side.",
    symbols="A(x_1 .. x_G) = (A_1 x_1 .. A_G x_G)",
    source="Krizhevsky et al. 2012; the weight of one group would be block-diagonal.",
    draw=lambda measure: strategies.arguments_of(measure, groups=(2, 3)),
)
def groups_do_not_mix(score, tolerance, x, weight, groups, **settings):
    channels, last = x.shape[3] // groups, weight.shape[3] // groups
    alone = [
        np.asarray(
            score(
                np.ascontiguousarray(x[..., g * channels : (g + 1) * channels]),
                np.ascontiguousarray(weight[..., g * last : (g + 1) * last]),
                **settings,
            ),
            float,
        )
        for g in range(groups)
    ]
    return unlike(score(x, weight, groups=groups, **settings), np.concatenate(alone, axis=3), tolerance)


@law(
    116,
    "padding-is-a-frame-of-zeros",
    family="operator",
    of=("conv2d",),
    statement="Padding by p does what a frame of p zeros around the image does.",
    symbols="A(x, p) = A(frame_p(x), 0)",
    source="The definition.",
    draw=lambda: strategies.convolutions(paddings=(1, 3)),
)
def padding_is_a_frame_of_zeros(score, tolerance, x, weight, padding, **settings):
    framed = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    expected = np.asarray(score(framed, weight, padding=0, **settings), float)
    return unlike(score(x, weight, padding=padding, **settings), expected, tolerance)
