"""Predictor: shapes, modes, types."""

from __future__ import annotations

import numpy as np
import pytest

import npseg
from npseg import nn
from npseg.errors import ShapeError
from npseg.infer import Predictor


@pytest.fixture
def model():
    return npseg.create_model("unet", in_channels=2, num_classes=3, base_channels=2, depth=1)


def images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (1, 1), (13, 4)])
def test_any_size_in_the_same_size_out(model, size):
    assert Predictor(model).logits(images(2, *size, 2)).shape == (2, *size, 3)


def test_one_image_is_a_batch_of_one(model):
    batch = images(3, 8, 8, 2)
    predictor = Predictor(model)
    together = predictor.logits(batch)
    assert isinstance(together, np.ndarray)
    for image, logits in zip(batch, together):
        np.testing.assert_allclose(predictor.logits(image), logits, atol=1e-5)


def test_labels_are_the_highest_logits(model):
    predictor = Predictor(model)
    batch = images(2, 8, 8, 2)
    labels = predictor.labels(batch)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, predictor.logits(batch).argmax(-1))
    assert predictor.labels(batch[0]).shape == (8, 8)


def test_modes_are_restored_module_by_module(model):
    model.train()
    frozen = model.inc
    frozen.eval()
    Predictor(model).logits(images(1, 8, 8, 2))
    assert model.training
    assert model.outc.training
    assert not frozen.training
    model.eval()
    Predictor(model).logits(images(1, 8, 8, 2))
    assert not model.training


def test_modes_are_restored_after_an_error():
    failing = _Failing()
    with pytest.raises(ZeroDivisionError):
        Predictor(failing).logits(images(1, 4, 4, 2))
    assert failing.training


class _Failing(nn.Module):
    def forward(self, images):
        return 1 / 0


def test_running_statistics_do_not_move(model):
    before = model.state_dict()
    Predictor(model).logits(images(2, 8, 8, 2))
    assert all((array == model.state_dict()[name]).all() for name, array in before.items())


def test_nothing_is_recorded(model):
    seen = []

    class Spy(nn.Module):
        def forward(self, x):
            seen.append(npseg.autograd.is_grad_enabled())
            return x

    Predictor(Spy()).logits(images(1, 4, 4, 2))
    assert seen == [False]


def test_the_main_output_of_several_is_taken():
    class TwoHeads(nn.Module):
        def forward(self, x):
            return {"out": npseg.Tensor(x) * 2, "aux": npseg.Tensor(x)}

    batch = images(1, 4, 4, 2)
    np.testing.assert_array_equal(Predictor(TwoHeads()).logits(batch), batch * 2)


def test_images_are_cast_to_the_type_of_the_model(model):
    predictor = Predictor(model.to(np.float64))
    assert predictor.logits(np.ones((1, 4, 4, 2), np.uint8)).dtype == np.float64
    assert predictor.logits(np.asfortranarray(images(1, 4, 4, 2))).dtype == np.float64


def test_images_are_scaled_one_by_one(model):
    heard = []

    def scale(image):
        heard.append(image.shape)
        return image / np.float32(2)

    batch = images(2, 4, 4, 2)
    scaled = Predictor(model, scale).logits(batch)
    np.testing.assert_allclose(scaled, Predictor(model).logits(batch / 2), atol=1e-6)
    assert heard == [(4, 4, 2), (4, 4, 2)]


@pytest.mark.parametrize("shape", [(4, 4), (1, 1, 4, 4, 2), (0, 4, 4, 2), (1, 0, 4, 2)])
def test_wrong_shapes(model, shape):
    with pytest.raises(ShapeError, match=r"Predictor: expected images \(N, H, W, C\)"):
        Predictor(model).logits(np.zeros(shape))


def test_wrong_channels(model):
    with pytest.raises(ShapeError, match="the model takes 2-channel images, got 3-channel ones"):
        Predictor(model).logits(np.zeros((1, 4, 4, 3)))
