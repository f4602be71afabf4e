from __future__ import annotations

import numpy as np
import pytest

from npseg import nn
from npseg.errors import ArgumentError, CheckpointError, DTypeError


class Net(nn.Module):
    def __init__(self, seed=0):
        with nn.init.by_name(self, seed):
            self.first = nn.Conv2d(2, 3, 3, padding=1)
            self.blocks = nn.ModuleList([nn.BatchNorm2d(3), nn.Sequential(nn.ReLU(), nn.Linear(3, 2))])
            self.scale = nn.Parameter([1.0, 2.0])
            self.register_buffer("seen", np.array(0, np.int64))

    def forward(self, x):
        norm, head = self.blocks
        return head(norm(self.first(x))) * self.scale


NAMES = [
    "scale",
    "seen",
    "first.weight",
    "first.bias",
    "blocks.0.weight",
    "blocks.0.bias",
    "blocks.0.running_mean",
    "blocks.0.running_var",
    "blocks.0.num_batches_tracked",
    "blocks.1.1.weight",
    "blocks.1.1.bias",
]
BUFFERS = {"seen", "blocks.0.running_mean", "blocks.0.running_var", "blocks.0.num_batches_tracked"}


def image():
    return np.random.default_rng(0).standard_normal((2, 4, 5, 2)).astype(np.float32)


def test_names_are_paths():
    net = Net()
    assert list(net.state_dict()) == NAMES
    assert [name for name, _ in net.named_parameters()] == [n for n in NAMES if n not in BUFFERS]
    assert {name for name, _ in net.named_buffers()} == BUFFERS
    assert len(list(net.buffers())) == len(BUFFERS)
    assert [name for name, _ in net.named_modules()] == [
        "", "first", "blocks", "blocks.0", "blocks.1", "blocks.1.0", "blocks.1.1"
    ]  # fmt: skip
    assert len(net.blocks) == 2
    assert isinstance(net.blocks[1][0], nn.ReLU)


def test_state_travels_to_a_twin():
    source, target = Net(1), Net(2)
    source(image())
    assert not np.array_equal(source.first.weight.data, target.first.weight.data)
    version = target.first.weight.version
    assert target.load_state_dict(source.state_dict()) == nn.StateMatch((), ())
    assert target.first.weight.version > version
    assert target.blocks[0].num_batches_tracked == 1
    assert target.blocks[0].num_batches_tracked.dtype == np.int64
    np.testing.assert_array_equal(source.eval()(image()).data, target.eval()(image()).data)


def test_state_dict_is_a_copy():
    net = Net()
    state = net.state_dict()
    net.scale.data[0] = 7
    assert state["scale"][0] == 1


def test_a_state_that_does_not_fit_is_listed_and_nothing_is_written():
    net = Net()
    before = net.state_dict()
    state = net.state_dict()
    del state["first.bias"]
    state["extra"] = np.zeros(1)
    state["scale"] = np.zeros(3)
    state["blocks.1.1.bias"] = np.array(["a", "b"])
    state["first.weight"] = state["first.weight"] + 1
    with pytest.raises(CheckpointError) as error:
        net.load_state_dict(state)
    text = str(error.value)
    assert "(10 of 11 names agree)" in text
    assert "1 missing:\n    first.bias" in text
    assert "1 unexpected:\n    extra" in text
    assert "1 of another shape:\n    scale is 3, the model needs 2" in text
    assert "1 not numeric:\n    blocks.1.1.bias has type <U1" in text
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_loose_loading_reports_what_it_left_alone():
    net = Net()
    match = net.load_state_dict({"scale": [5.0, 6.0], "extra": np.zeros(1)}, strict=False)
    assert match.unexpected == ("extra",)
    assert set(match.missing) == set(NAMES) - {"scale"}
    np.testing.assert_array_equal(net.scale.data, [5, 6])
    with pytest.raises(CheckpointError, match="another shape"):
        net.load_state_dict({"scale": np.zeros(3)}, strict=False)


def test_a_long_list_of_names_is_cut():
    net = nn.Sequential(*[nn.Linear(1, 1) for _ in range(10)])
    with pytest.raises(CheckpointError, match=r"20 missing:(\n.*){10}\n    \.\.\. and 10 more"):
        net.load_state_dict({})


def test_a_shared_parameter_counts_once():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    setattr(net, "1", net[0])
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias"]
    net.to(np.float64)
    assert net[0].weight is net[1].weight
    assert net[0].weight.dtype == np.float64


def test_modes_reach_every_module():
    net = Net()
    assert all(m.training for m in net.modules())
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert net.train() is net
    assert all(m.training for m in net.modules())


def test_gradients_appear_and_are_forgotten():
    net = Net()
    net(image()).sum().backward()
    assert all(p.grad is not None and p.grad.shape == p.shape for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_apply_goes_children_first():
    net, order = Net(), []
    assert net.apply(lambda m: order.append(type(m).__name__)) is net
    assert order == ["Conv2d", "BatchNorm2d", "ReLU", "Linear", "Sequential", "ModuleList", "Net"]


def test_conversion_to_float64_keeps_counts_integer():
    net = Net().to(np.float64)
    assert {p.dtype for p in net.parameters()} == {np.dtype(np.float64)}
    assert net.blocks[0].running_mean.dtype == np.float64
    assert net.blocks[0].num_batches_tracked.dtype == np.int64
    assert net(image().astype(np.float64)).dtype == np.float64
    with pytest.raises(DTypeError, match="float16"):
        net.to(np.float16)


def test_mistakes_at_assignment_are_worded():
    net = Net()
    with pytest.raises(ArgumentError, match=r"Net\.scale is a parameter"):
        net.scale = np.zeros(2)
    with pytest.raises(ArgumentError, match=r"use nn\.ModuleList"):
        net.layers = [nn.ReLU(), nn.ReLU()]
    with pytest.raises(NotImplementedError, match="Module has no forward"):
        nn.Module()(1)


def test_a_parameter_owns_memory_that_can_be_written():
    fixed = np.arange(6, dtype=np.float32).reshape(2, 3)
    fixed.setflags(write=False)
    for source in (fixed, fixed.T):
        parameter = nn.Parameter(source)
        assert parameter.data.flags.writeable
        assert parameter.data.flags.c_contiguous
        np.testing.assert_array_equal(parameter.data, source)


def test_the_printed_tree():
    assert repr(Net()) == (
        "Net()  # 73 parameters\n"
        "  first: Conv2d(2, 3, kernel_size=3, padding=1)\n"
        "  blocks: ModuleList()\n"
        "    0: BatchNorm2d(3)\n"
        "    1: Sequential()\n"
        "      0: ReLU()\n"
        "      1: Linear(3, 2)"
    )
