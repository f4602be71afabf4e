"""A compiled model answers as the model does, with fewer sweeps."""

from __future__ import annotations

import numba
import numpy as np
import pytest

import npseg
from npseg import config, nn, ops
from npseg.autograd import modes
from npseg.infer import compile
from npseg.ops import conv_passes


def settled(model, seed: int = 0):
    """The model with norms as after training, and nothing at zero that would hide a mistake."""
    rng = np.random.default_rng(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            shape = module.running_mean.shape
            module.running_mean = rng.standard_normal(shape).astype(np.float32)
            module.running_var = rng.uniform(0.5, 2, shape).astype(np.float32)
            module.weight.data[...], module.bias.data[...] = rng.uniform(0.5, 2, shape), rng.standard_normal(shape)
    for parameter in model.parameters():
        if not parameter.data.any():
            parameter.data[...] = 0.1 * rng.standard_normal(parameter.shape)
        parameter.touch()
    return model


MODELS = {
    "unet": ("unet", {"base_channels": 8}),
    "unet, bilinear": ("unet", {"base_channels": 4, "upsampling": "bilinear"}),
    "unet, pixel shuffle, no skips": ("unet", {"base_channels": 4, "upsampling": "pixel_shuffle", "skips": False}),
    "fcn8s": ("fcn8s", {"width": 0.125}),
    "fcn16s, batch norm": ("fcn16s", {"width": 0.125, "batch_norm": True}),
}


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="whole models")
@pytest.mark.parametrize("name", MODELS)
def test_answers_as_the_model(name):
    kind, settings = MODELS[name]
    model = settled(npseg.create_model(kind, num_classes=5, **settings))
    images = np.random.default_rng(1).standard_normal((2, 37, 50, 3)).astype(np.float32)
    with config.use(fusion=False):
        expected = compile(model)(images)
    compiled = compile(model)
    for _ in range(2):  # the second time from kept weights
        np.testing.assert_allclose(compiled(images), expected, atol=3e-5 * np.abs(expected).max())


class Block(nn.Module):
    """What is not fused stands between what is: two norms, an activation before a norm, a result used twice."""

    def __init__(self):
        self.conv = nn.Conv2d(4, 6, 3, padding=1)
        self.first, self.second = nn.BatchNorm2d(6), nn.BatchNorm2d(6)
        self.mix = nn.Conv2d(6, 6, 1, bias=False)
        self.apart = nn.Conv2d(6, 6, 3, padding=1, groups=6)

    def forward(self, x):
        x = self.conv(x)
        both = self.second(self.first(x)) + x
        x = self.first(ops.relu(self.mix(both)))
        return ops.relu6(self.second(self.apart(ops.relu(x)))) - ops.relu(x)


def test_order_is_kept():
    model = settled(Block())
    images = np.random.default_rng(1).standard_normal((2, 9, 8, 4)).astype(np.float32)
    with config.use(fusion=False):
        expected = compile(model)(images)
    found = compile(model)(images)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_norm_and_activation_cost_no_op():
    """What is observed is what ran: the convolutions have taken norms and activations with them."""
    model = settled(npseg.create_model("unet", base_channels=2, depth=1))
    images = np.zeros((1, 8, 8, 3), np.float32)
    seen: list[str] = []
    with modes.observe(lambda name, *rest: seen.append(name)):
        compile(model)(images)
    assert "max_pool2d" in seen
    assert not {"batch_norm_inference", "relu"} & set(seen)


def test_written_parameters_are_noticed():
    model = settled(npseg.create_model("unet", base_channels=2, depth=1))
    images = np.random.default_rng(1).standard_normal((1, 8, 8, 3)).astype(np.float32)
    compiled = compile(model)
    before = compiled(images)
    for parameter in model.parameters():
        parameter.data[...] *= 1.5
        parameter.touch()
    after = compiled(images)
    assert np.abs(after - before).max() > 0.1
    np.testing.assert_array_equal(after, compile(model)(images))


def test_weights_are_prepared_once(monkeypatch):
    model = settled(npseg.create_model("unet", base_channels=2, depth=1))
    images = np.zeros((1, 8, 8, 3), np.float32)
    compiled = compile(model)
    compiled(images)
    monkeypatch.setattr(conv_passes, "_packed", None)
    monkeypatch.setattr(conv_passes.kernels.winograd, "transform_weights", None)
    # Transposed convolutions have no such form: they are not run here.
    with npseg.no_grad():
        block = compile(nn.Sequential(*model.inc.double_conv.children()))
        block._weights = compiled._weights
        block(images)


def test_mode_is_kept_and_nothing_is_recorded():
    model = npseg.create_model("unet", base_channels=2, depth=1)
    model.inc.eval()
    modes_before = [module.training for module in model.modules()]
    compile(model)(np.zeros((1, 8, 8, 3), np.float32))
    assert [module.training for module in model.modules()] == modes_before
    assert all(parameter.grad is None for parameter in model.parameters())


def test_double_precision_stays():
    model = settled(npseg.create_model("unet", base_channels=2, depth=1)).to(np.float64)
    assert compile(model)(np.zeros((1, 8, 8, 3))).dtype == np.float64


def test_errors_are_those_of_the_ops():
    with pytest.raises(npseg.errors.ShapeError, match="conv2d: weight has 3 input channels"):
        compile(Headless())(np.zeros((1, 8, 8, 4), np.float32))


class Headless(nn.Module):
    def __init__(self):
        self.weight = nn.Parameter(np.zeros((3, 3, 3, 2), np.float32))

    def forward(self, x):
        return ops.conv2d(x, self.weight)
