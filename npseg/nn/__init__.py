"""Modules: layers with parameters, under the names PyTorch gave them, channels last."""

from __future__ import annotations

from npseg.nn import init
from npseg.nn.activations import (
    GELU,
    Hardsigmoid,
    Hardswish,
    Identity,
    LeakyReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)
from npseg.nn.containers import ModuleList, Sequential
from npseg.nn.convolution import Conv2d, ConvTranspose2d
from npseg.nn.dropout import Dropout
from npseg.nn.linear import Linear
from npseg.nn.module import Module
from npseg.nn.normalization import BatchNorm2d, GroupNorm, LayerNorm
from npseg.nn.parameter import Parameter
from npseg.nn.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from npseg.nn.recompute import recompute
from npseg.nn.state import StateMatch
from npseg.nn.upsampling import PixelShuffle, Upsample

__all__ = [
    "GELU",
    "AdaptiveAvgPool2d",
    "AvgPool2d",
    "BatchNorm2d",
    "Conv2d",
    "ConvTranspose2d",
    "Dropout",
    "GroupNorm",
    "Hardsigmoid",
    "Hardswish",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MaxPool2d",
    "Module",
    "ModuleList",
    "Parameter",
    "PixelShuffle",
    "ReLU",
    "ReLU6",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "StateMatch",
    "Tanh",
    "Upsample",
    "init",
    "recompute",
]
