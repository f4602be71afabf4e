"""What goes out in PyTorch's layout comes back, for every model."""

from __future__ import annotations

import numpy as np
import pytest

import npseg
from npseg.interop import load_torch, read_safetensors, torch_state_dict, write_safetensors

SMALL = {
    "unet": {"base_channels": 2, "depth": 2, "upsampling": "pixel_shuffle"},
    "fcn32s": {"width": 1 / 64},
    "fcn16s": {"width": 1 / 64, "batch_norm": True},
    "fcn8s": {"width": 1 / 64},
}


@pytest.mark.parametrize("name", SMALL)
def test_a_model_survives_the_journey_through_a_file(name, tmp_path):
    source, target = (npseg.create_model(name, num_classes=3, seed=s, **SMALL[name]) for s in (0, 1))
    for parameter in source.parameters():
        parameter.data[...] += 0.1  # scoring layers are zero in both
    write_safetensors(tmp_path / "weights", torch_state_dict(source))
    arrays, _ = read_safetensors(tmp_path / "weights")
    assert load_torch(target, arrays, strict=True) == npseg.nn.StateMatch((), ())
    for (path, a), (_, b) in zip(source.named_arrays(), target.named_arrays()):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b, err_msg=path)


def test_the_layout_is_pytorchs():
    model = npseg.create_model("unet", in_channels=5, num_classes=3, base_channels=2, depth=1)
    state = torch_state_dict(model)
    assert state["inc.double_conv.0.weight"].shape == (2, 5, 3, 3)
    assert state["up1.up.weight"].shape == (4, 2, 2, 2)
    ours = model.up1.up.weight.data
    assert state["up1.up.weight"][3, 1, 0, 1] == ours[0, 1, 1, 3]
    assert state["inc.double_conv.0.weight"][1, 4, 2, 0] == model.inc.double_conv[0].weight.data[2, 0, 4, 1]
