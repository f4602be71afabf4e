"""Any image size in, the same size out; and what is not an image is refused in words."""

from __future__ import annotations

import numpy as np
import pytest

import npseg
from npseg.errors import DTypeError, ShapeError

MODELS = {
    "unet": ("unet", {"base_channels": 2}),
    "unet_bilinear": ("unet", {"base_channels": 2, "depth": 3, "upsampling": "bilinear"}),
    "unet_shuffle": ("unet", {"base_channels": 2, "depth": 2, "upsampling": "pixel_shuffle"}),
    "unet_no_skips": ("unet", {"base_channels": 2, "depth": 2, "skips": False}),
    "unet_bilinear_no_skips": (
        "unet",
        {"base_channels": 2, "depth": 2, "upsampling": "bilinear", "skips": False},
    ),
    "fcn32s": ("fcn32s", {"width": 1 / 64, "fc_channels": 4}),
    "fcn16s": ("fcn16s", {"width": 1 / 64, "fc_channels": 4}),
    "fcn8s": ("fcn8s", {"width": 1 / 64, "fc_channels": 4, "batch_norm": True}),
}


@pytest.mark.parametrize("case", MODELS)
def test_any_size_comes_back(case):
    name, config = MODELS[case]
    model = npseg.create_model(name, in_channels=1, num_classes=3, **config).eval()
    for size in [(1, 1), (3, 40), (16, 16), (17, 19), (33, 30)]:
        out = model(np.zeros((2, *size, 1), np.float32))
        assert out.shape == (2, *size, 3), size


@pytest.mark.parametrize("case", MODELS)
def test_every_parameter_learns(case):
    name, config = MODELS[case]
    model = npseg.create_model(name, num_classes=3, **config)
    rng = np.random.default_rng(0)
    for p in model.parameters():  # scoring layers start at zero, and would let nothing through
        p.data[...] += 0.1 * rng.standard_normal(p.shape).astype(np.float32)
    out = model(rng.standard_normal((2, 33, 37, 3)).astype(np.float32))
    (out * rng.standard_normal(out.shape)).sum().backward()
    silent = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_the_paper_sizes():
    sizes = {
        "fcn32s": (21, 134_346_581 + 21 * 21 * (64 * 64)),
        "fcn8s": (21, 134_346_581 + 21 * (512 + 256) + 42 + 21 * 21 * (16 + 16 + 256)),
    }
    for name, (classes, expected) in sizes.items():
        model = npseg.create_model(name, num_classes=classes, fc_channels=4)
        small = sum(p.size for p in model.parameters())
        # Too large to build in a test: fc6, fc7 and score_fr follow from their shapes.
        fc = lambda n, c=classes: 49 * 512 * n + n + n * n + n + n * c + c  # noqa: E731
        assert small - fc(4) + fc(4096) == expected


def test_width_multiplies_all_channels():
    model = npseg.create_model("fcn8s", width=1 / 64)
    assert model.config["fc_channels"] == 64
    assert model.fc6.weight.shape == (7, 7, 8, 64)
    assert model.conv1_1.weight.shape == (3, 3, 3, 1)


def test_fcn_starts_from_even_scores_and_bilinear_kernels():
    model = npseg.create_model("fcn8s", width=1 / 64).eval()
    out = model(np.random.default_rng(0).standard_normal((1, 20, 20, 3)))
    np.testing.assert_array_equal(out.data, 0)
    for layer in (model.upscore2, model.upscore_pool4, model.upscore8):
        assert layer.bias is None
        np.testing.assert_allclose(layer.weight.data.sum((0, 1)), layer.stride**2 * np.eye(2), rtol=1e-6)


@pytest.mark.parametrize("name, stride", [("fcn32s", 32), ("fcn16s", 16), ("fcn8s", 8)])
def test_fcn_scores_lie_over_the_pixels_they_came_from(name, stride):
    """A single active cell of the finest scored map is enlarged to a tent centred on its own pixels."""
    model = npseg.create_model(name, width=1 / 64, num_classes=1, fc_channels=2).eval()
    size, cell = 5 * stride, 2
    scores = np.zeros((1, 5, 5, 1), np.float32)
    scores[0, cell, cell] = 1
    layer = getattr(model, "upscore" if stride == 32 else f"upscore{stride}")
    tent = layer(scores).data[0, :size, :size, 0]
    centre = (np.arange(size) * tent.sum(1)).sum() / tent.sum()
    assert layer(scores).shape == (1, size, size, 1)
    assert centre == pytest.approx(cell * stride + (stride - 1) / 2, abs=1e-3)


def test_images_are_cast_to_the_model():
    model = npseg.create_model("unet", base_channels=2, depth=1).eval()
    image = np.random.default_rng(0).integers(0, 255, (1, 5, 6, 3), dtype=np.uint8)
    assert model(image).dtype == np.float32
    np.testing.assert_array_equal(model(image).data, model(image.astype(np.float64)).data)
    assert model.to(np.float64)(image).dtype == np.float64
    image32 = npseg.Tensor(image.astype(np.float32), requires_grad=True)
    with pytest.raises(DTypeError, match="images of type float32 require a gradient, but the model is float64"):
        model(image32)
    assert model(image32.detach()).dtype == np.float64


@pytest.mark.parametrize(
    "shape, message",
    [
        ((8, 8, 3), r"images\[None\]"),
        ((2, 3, 8, 8), "look like NCHW"),
        ((2, 8, 8, 4), "in_channels=4"),
        ((2, 0, 8, 3), "at least one image"),
        ((0, 8, 8, 3), "at least one image"),
        ((8, 8), "channels last"),
    ],
)
def test_what_is_not_a_batch_of_images_is_worded(shape, message):
    model = npseg.create_model("unet", base_channels=2, depth=1)
    with pytest.raises(ShapeError, match=message):
        model(np.zeros(shape, np.float32))


def test_the_backbone_alone_gives_five_levels():
    vgg = npseg.backbones.VGG16(2, width=1 / 32, batch_norm=True, seed=1)
    levels = vgg.features(np.zeros((2, 33, 64, 2), np.float32))
    assert [level.shape for level in levels] == [
        (2, 17, 32, 2),
        (2, 9, 16, 4),
        (2, 5, 8, 8),
        (2, 3, 4, 16),
        (2, 2, 2, 16),
    ]
    assert vgg.stage_channels == (2, 4, 8, 16, 16)
    assert vgg(np.zeros((1, 32, 32, 2), np.float32)).shape == (1, 1, 1, 16)
