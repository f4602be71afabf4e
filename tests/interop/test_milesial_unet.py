"""milesial's U-Net checkpoints load by name, and the outputs agree with those PyTorch gave."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest

import npseg
from npseg.errors import CheckpointError, DTypeError
from npseg.interop import load_torch, torch_state_dict

GOLDEN = Path(__file__).parents[1] / "golden"
# Without the compiler the loops of a full-size model take minutes.
interpreted = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="full-size model")
VARIANTS = {"transpose": "transposed", "bilinear": "bilinear"}


def fill(key, shape):
    """Weights of ordinary size from a name and a shape."""
    r = np.random.default_rng(zlib.crc32(key.encode()))
    if key.endswith("num_batches_tracked"):
        return np.array(0, np.int64)
    if key.endswith("running_var"):
        a = 0.5 + r.random(shape)
    elif key.endswith(("running_mean", "bias")):
        a = 0.1 * r.standard_normal(shape)
    elif len(shape) == 1:
        a = 0.5 + r.random(shape)
    else:
        a = r.standard_normal(shape) * np.sqrt(1.0 / max(1, int(np.prod(shape[1:]))))
    return a.astype(np.float32)


def image(h, w):
    return np.random.default_rng(h * 1000 + w).standard_normal((1, 3, h, w)).astype(np.float32)


def manifest(variant):
    return json.loads((GOLDEN / f"milesial_unet_{variant}.json").read_text())


@pytest.fixture(scope="module", params=VARIANTS)
def loaded(request):
    model = npseg.create_model("unet", upsampling=VARIANTS[request.param]).eval()
    state = {key: fill(key, shape) for key, shape in manifest(request.param).items()}
    match = load_torch(model, state, strict=True)
    assert match.missing == match.unexpected == ()
    return request.param, model, state


def test_names_shapes_and_order_are_the_manifest(loaded):
    variant, model, _ = loaded
    ours = torch_state_dict(model)
    assert [(k, list(v.shape)) for k, v in ours.items()] == list(manifest(variant).items())
    assert sum(p.size for p in model.parameters()) == {"transpose": 31037698, "bilinear": 17263042}[variant]


def test_export_is_the_inverse_of_import(loaded):
    _, model, state = loaded
    for key, array in torch_state_dict(model).items():
        assert array.flags.c_contiguous
        np.testing.assert_array_equal(array, state[key])


@interpreted
def test_golden_outputs(loaded):
    variant, model, _ = loaded
    golden = np.load(GOLDEN / f"milesial_unet_{variant}.npz")
    for key, expected in golden.items():
        h, w = map(int, key.split("_")[0].split("x"))
        with npseg.no_grad():
            out = model(image(h, w).transpose(0, 2, 3, 1)).data.transpose(0, 3, 1, 2)
        assert np.abs(out - expected).max() <= 1e-4 * np.abs(expected).max(), key


def small():
    return npseg.create_model("unet", base_channels=2, depth=1)


def test_prefix_of_data_parallel_and_mask_values_are_dropped():
    source, target = small(), small()
    npseg.nn.init.initialise(source, seed=5)
    state = {f"module.{k}": v for k, v in torch_state_dict(source).items()} | {"mask_values": [0, 255]}
    load_torch(target, state)
    for (name, a), b in zip(source.named_parameters(), target.parameters()):
        np.testing.assert_array_equal(a.data, b.data, err_msg=name)


def test_disagreement_is_worded_and_changes_nothing():
    model = small()
    before = model.state_dict()
    state = torch_state_dict(npseg.create_model("unet", base_channels=3, depth=2))
    with pytest.raises(CheckpointError) as error:
        load_torch(model, state)
    text = str(error.value)
    assert "unexpected:\n    down2.maxpool_conv.1.double_conv.0.weight" in text
    assert "inc.double_conv.0.weight is 3x3x3x3, the model needs 2x3x3x3" in text
    assert "... and" in text
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_what_is_not_a_state_dict_is_worded():
    with pytest.raises(DTypeError, match=r"pass state\['state_dict'\]"):
        load_torch(small(), {"epoch": 3, "state_dict": {"a": 1}})
    with pytest.raises(DTypeError, match="state is a list"):
        load_torch(small(), [1, 2])
    with pytest.raises(DTypeError, match="note is a str"):
        load_torch(small(), {"note": "hello"})
