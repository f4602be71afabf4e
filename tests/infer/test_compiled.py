"""A compiled model answers as the model does, with fewer sweeps."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref

import numba
import numpy as np
import pytest

import npseg
from npseg import config, nn, ops
from npseg.autograd import modes
from npseg.errors import ArgumentError
from npseg.infer import compile
from npseg.ops import conv_passes, fusion


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


class _Bounded(nn.Module):
    def __init__(self):
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        return {"narrow first": ops.relu(ops.relu6(self.conv(x))), "wide first": ops.relu6(ops.relu(self.conv(x)))}


def test_bounds_after_bounds_keep_the_narrower():
    model = _Bounded()
    images = 20 * np.random.default_rng(1).standard_normal((1, 8, 8, 3)).astype(np.float32)
    for found in compile(model)(images).values():
        assert found.min() == 0
        assert found.max() == 6


class _Shared(nn.Module):
    """One convolution's numbers are asked for before its norm, behind it, and behind two activations."""

    def __init__(self):
        self.conv, self.norm, self.other = (
            nn.Conv2d(3, 6, 3, padding=1),
            nn.BatchNorm2d(6),
            nn.Conv2d(6, 6, 3, padding=1),
        )

    def forward(self, x):
        return self.summed(*self.taken(x))

    def taken(self, x):
        plain = self.conv(x)
        normed = self.norm(plain)
        return plain, normed, ops.relu(normed), ops.relu6(normed)

    def summed(self, plain, normed, active, bounded):
        return plain + 2 * normed + self.other(active) * bounded


class _SharedLate(_Shared):
    """The same, but what comes first is let go before the rest is computed."""

    def forward(self, x):
        plain, normed, active, bounded = self.taken(x)
        total = 1 * plain
        del plain
        late = ops.relu6(normed)
        del normed
        return total + self.other(active) * bounded + late


@pytest.mark.parametrize("model", [_Shared, _SharedLate])
def test_numbers_that_several_ask_for_are_convolved_once(model, monkeypatch):
    model = settled(model())
    images = np.random.default_rng(1).standard_normal((2, 9, 8, 3)).astype(np.float32)
    with config.use(fusion=False):
        expected = compile(model)(images)
    runs = []
    forward = conv_passes.forward
    monkeypatch.setattr(conv_passes, "forward", lambda *given: runs.append(1) or forward(*given))
    found = compile(model)(images)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    assert len(runs) == 2


@pytest.mark.parametrize("name", MODELS)
def test_in_the_models_nothing_is_swept_once_more(name, monkeypatch):
    kind, settings = MODELS[name]
    monkeypatch.setattr(fusion, "_sweep", lambda *given: pytest.fail("a convolution's result is held too long"))
    compile(npseg.create_model(kind, num_classes=2, **settings))(np.zeros((1, 32, 32, 3), np.float32))


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


@pytest.mark.parametrize("size", [2, 24])  # weights small enough to be compared whole, and sampled
def test_parameters_written_in_place_are_noticed_without_being_told(size):
    model = settled(npseg.create_model("unet", base_channels=size, depth=1))
    images = np.random.default_rng(1).standard_normal((1, 8, 8, 3)).astype(np.float32)
    compiled = compile(model)
    compiled(images)
    for parameter in model.parameters():
        parameter.data[...] *= 1.5
    np.testing.assert_array_equal(compiled(images), compile(model)(images))


def test_one_feature_written_in_place_is_noticed():
    """Samples at an even distance would all lie in other channels than the seventh."""
    conv = nn.Conv2d(64, 64, 3, padding=1)
    images = np.random.default_rng(1).standard_normal((1, 8, 8, 64)).astype(np.float32)
    compiled = compile(conv)
    compiled(images)
    conv.weight.data[..., 7] = 0
    np.testing.assert_array_equal(compiled(images), compile(conv)(images))


class _Meeting(nn.Module):
    """Threads meet in the forward pass, the later of them before and after the first has left."""

    def __init__(self, inside, left):
        self.norm, self.inside, self.left = nn.BatchNorm2d(2), inside, left

    def forward(self, x):
        self.inside.wait()
        if threading.current_thread().name == "last":
            assert self.left.wait(10)
        return self.norm(x)


def test_two_threads_may_call_while_the_model_is_in_training():
    inside, left = threading.Barrier(2, timeout=10), threading.Event()
    model = _Meeting(inside, left)
    images = np.random.default_rng(1).standard_normal((1, 8, 8, 2)).astype(np.float32)
    before = model.norm.running_mean.copy()
    found = {}

    def call():
        found[threading.current_thread().name] = compile(model)(images)

    threads = [threading.Thread(target=call, name=name) for name in ("first", "last")]
    for thread in threads:
        thread.start()
    threads[0].join()
    assert not model.norm.training  # the other one is not done
    left.set()
    threads[1].join()
    np.testing.assert_array_equal(found["first"], found["last"])
    np.testing.assert_array_equal(model.norm.running_mean, before)
    assert model.training
    assert model.norm.training


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


def test_replaced_parameters_are_not_kept_alive():
    model = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 1))
    compiled, images = compile(model), np.ones((1, 8, 8, 4), np.float32)
    compiled(images)
    for layer in model:
        old, forms = weakref.ref(layer.weight), compiled._weights.of(layer.weight)
        form = weakref.ref(next(iter(forms.values())))
        del forms
        layer.weight = nn.Parameter(2 * layer.weight.data)
        assert old() is None
        assert form() is None
    twice = compiled(images)
    assert len(compiled._weights._forms) == 2
    np.testing.assert_allclose(twice, compile(model)(images), rtol=1e-6)


def test_prepared_weights_go_with_the_compiled_model():
    model = nn.Conv2d(4, 4, 1)
    compiled = compile(model)
    compiled(np.ones((1, 8, 8, 4), np.float32))
    form = weakref.ref(next(iter(compiled._weights.of(model.weight).values())))
    gc.disable()
    try:
        del compiled
        assert form() is None
    finally:
        gc.enable()
    compile(model)(np.ones((1, 8, 8, 4), np.float32))
    del model  # and nothing minds that its user has gone first


def test_a_compiled_model_can_be_copied():
    compiled, images = compile(settled(Block())), np.ones((1, 6, 6, 4), np.float32)
    expected = compiled(images)
    for again in (pickle.loads(pickle.dumps(compiled)), copy.deepcopy(compiled)):
        np.testing.assert_array_equal(again(images), expected)
        assert again._weights is not compiled._weights


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


@pytest.mark.parametrize("what", [42, lambda images: images])
def test_what_is_no_model_is_refused(what):
    with pytest.raises(ArgumentError, match=r"model must be an nn\.Module, not (int|function)"):
        compile(what)


def test_outputs_that_are_left_out_stay_none():
    class Heads(nn.Module):
        def forward(self, x):
            return {"out": x + 1, "aux": None, "more": [x, None]}

    found = compile(Heads())(np.zeros((1, 2, 2, 1), np.float32))
    assert found["aux"] is found["more"][1] is None
    assert found["out"].tolist() == np.ones((1, 2, 2, 1)).tolist()


def test_errors_are_those_of_the_ops():
    with pytest.raises(npseg.errors.ShapeError, match="conv2d: weight has 3 input channels"):
        compile(Headless())(np.zeros((1, 8, 8, 4), np.float32))


class Headless(nn.Module):
    def __init__(self):
        self.weight = nn.Parameter(np.zeros((3, 3, 3, 2), np.float32))

    def forward(self, x):
        return ops.conv2d(x, self.weight)
