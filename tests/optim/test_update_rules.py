"""Update rules against the formulae of their papers, number by number."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npseg import optim
from npseg.autograd import Tensor
from npseg.errors import ArgumentError, CheckpointError
from npseg.nn import Linear, Parameter, Sequential
from npseg.optim import optimizer as machinery


def sgd(w, gradients, lr, momentum=0.0, weight_decay=0.0, nesterov=False):
    v = 0.0
    for g in gradients:
        g = g + weight_decay * w
        v = momentum * v + g
        w = w - lr * (g + momentum * v if nesterov else v)
    return w


def adam(w, gradients, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        if decoupled:
            w = w - lr * weight_decay * w
        else:
            g = g + weight_decay * w
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        w = w - lr * (m / (1 - betas[0] ** t)) / (math.sqrt(v / (1 - betas[1] ** t)) + eps)
    return w


CASES = {
    "sgd": (optim.SGD, sgd, {}, {}),
    "momentum": (optim.SGD, sgd, {"momentum": 0.9, "weight_decay": 0.1}, {}),
    "nesterov": (optim.SGD, sgd, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, {}),
    "adam": (optim.Adam, adam, {}, {}),
    "adam_l2": (optim.Adam, adam, {"weight_decay": 0.1, "betas": (0.8, 0.9), "eps": 1e-3}, {}),
    "adamw": (optim.AdamW, adam, {"weight_decay": 0.1}, {"decoupled": True}),
}


def run(optimiser, parameters, gradients):
    for step in gradients:
        for p, g in zip(parameters, step):
            p.grad = g
        optimiser.step()


def draw(shapes=((3, 4), (5,)), steps=4, dtype=np.float64):
    rng = np.random.default_rng(0)
    parameters = [Parameter(rng.standard_normal(s).astype(dtype)) for s in shapes]
    gradients = [[rng.standard_normal(s).astype(dtype) for s in shapes] for _ in range(steps)]
    return parameters, gradients


@pytest.mark.parametrize("case", CASES)
def test_rule_is_the_formula(case, monkeypatch):
    monkeypatch.setattr(machinery, "_CHUNK", 5)  # so that a parameter is worked on in pieces
    make, twin, options, twin_options = CASES[case]
    parameters, gradients = draw()
    expected = [
        np.vectorize(lambda w, *g: twin(w, g, 0.1, **options, **twin_options))(p.data, *(step[i] for step in gradients))
        for i, p in enumerate(parameters)
    ]
    kept = [[g.copy() for g in step] for step in gradients]
    versions = [p.version for p in parameters]
    run(make(parameters, lr=0.1, **options), parameters, gradients)
    for p, wanted, version in zip(parameters, expected, versions):
        np.testing.assert_allclose(p.data, wanted, rtol=1e-12)
        assert p.version > version
    for step, before in zip(gradients, kept):
        for g, b in zip(step, before):
            np.testing.assert_array_equal(g, b)  # gradients are read, not written


@pytest.mark.parametrize("case", CASES)
def test_state_continues_bit_for_bit(case):
    make, _, options, _ = CASES[case]
    whole, gradients = draw(dtype=np.float32)
    parts = [Parameter(p.data.copy()) for p in whole]
    run(make(whole, lr=0.1, **options), whole, gradients)
    first = make(parts, lr=0.1, **options)
    run(first, parts, gradients[:2])
    state = first.state_dict()
    second = make(parts, lr=0.1, **options)
    second.load_state_dict(state)
    run(second, parts, gradients[2:])
    for a, b in zip(whole, parts):
        assert a.data.tobytes() == b.data.tobytes()
    assert all(array.dtype in (np.float32, np.int64) for array in state.values())
    run(first, parts, gradients[:1])
    assert int(state["steps"][0]) == 2  # a copy


def test_a_parameter_without_a_gradient_rests():
    parameters, gradients = draw()
    optimiser = optim.Adam(parameters, lr=0.1)
    before = parameters[1].data.copy()
    parameters[0].grad = gradients[0][0]
    optimiser.step()
    np.testing.assert_array_equal(parameters[1].data, before)
    assert sorted(optimiser.state_dict()) == ["mean.0", "square.0", "steps"]
    again = optim.Adam(parameters, lr=0.1)
    again.load_state_dict(optimiser.state_dict())
    assert sorted(again.state_dict()) == ["mean.0", "square.0", "steps"]
    optimiser.zero_grad()
    assert parameters[0].grad is None


@pytest.mark.parametrize("lr", [0.1, np.float64(0.1), np.float32(0.1)])
def test_learning_rate_is_an_attribute_of_any_number_type(lr):
    w = Parameter([1.0])
    optimiser = optim.SGD([w], lr=1.0)
    optimiser.lr = lr
    w.grad = np.ones(1, np.float32)
    optimiser.step()
    assert w.dtype == np.float32
    assert w.data[0] == pytest.approx(0.9)


def test_groups_spare_biases_and_scale_the_rate():
    model = Sequential(Linear(2, 3), Linear(3, 1))
    groups = optim.decay_groups(model, 0.5)
    assert [[p.shape for p in g["params"]] for g in groups] == [[(2, 3), (3, 1)], [(3,), (1,)]]
    groups[1]["lr_scale"] = 10.0
    optimiser = optim.SGD(groups, lr=0.1)
    before = [p.data.copy() for p in model.parameters()]
    for p in model.parameters():
        p.grad = np.ones_like(p.data)
    optimiser.step()
    for p, old in zip(model.parameters(), before):
        decay, scale = (0.5, 1) if p.ndim > 1 else (0.0, 10)
        np.testing.assert_allclose(p.data, old - 0.1 * scale * (1 + decay * old), rtol=1e-6)
    assert len(optim.decay_groups(Linear(2, 3, bias=False), 0.5)) == 1


def test_clipping_shortens_and_keeps_direction():
    a, b = Parameter([0.0, 0.0]), Parameter([0.0])
    shared = np.array([3.0, 4.0], np.float32)
    a.grad, b.grad = shared, np.array([12.0], np.float32)
    assert optim.clip_grad_norm([a, b, Parameter([1.0])], 6.5) == pytest.approx(13)
    np.testing.assert_allclose(a.grad, [1.5, 2.0], rtol=1e-6)
    np.testing.assert_allclose(b.grad, [6.0], rtol=1e-6)
    np.testing.assert_array_equal(shared, [3, 4])
    assert optim.clip_grad_norm([a, b], 100) == pytest.approx(6.5)
    np.testing.assert_allclose(b.grad, [6.0], rtol=1e-6)
    assert optim.clip_grad_norm([], 1.0) == 0


def test_a_norm_that_is_no_number_is_handed_back():
    a = Parameter([0.0])
    a.grad = np.array([np.inf], np.float32)
    assert optim.clip_grad_norm([a], 1.0) == math.inf
    assert a.grad[0] == np.inf
    a.grad = np.array([np.nan], np.float32)
    assert math.isnan(optim.clip_grad_norm([a], 1.0))


def test_states_of_others_are_worded():
    parameters, gradients = draw()
    adam_ = optim.Adam(parameters)
    run(adam_, parameters, gradients)
    state = adam_.state_dict()
    with pytest.raises(CheckpointError, match="counts steps of 2 parameters, this optimiser has 1"):
        optim.Adam(parameters[:1]).load_state_dict(state)
    with pytest.raises(CheckpointError, match="counts steps of none parameters"):
        adam_.load_state_dict({})
    with pytest.raises(CheckpointError, match=r"momentum\.0 is absent"):
        optim.SGD(parameters, lr=1, momentum=0.9).load_state_dict(state)
    with pytest.raises(CheckpointError, match=r"holds mean\.0, mean\.1, .* another optimiser"):
        optim.SGD(parameters, lr=1).load_state_dict(state)
    with pytest.raises(CheckpointError, match=r"mean\.1 is of shape \(5,\), expected shape \(6,\)"):
        optim.Adam([parameters[0], Parameter(np.zeros(6))]).load_state_dict(state)


W = Parameter([1.0])


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: optim.SGD([], lr=1), "there are no parameters"),
        (lambda: optim.SGD([W, W], lr=1), "given twice"),
        (lambda: optim.SGD([np.zeros(2)], lr=1), r"hold a ndarray; expected model\.parameters"),
        (lambda: optim.SGD([W], lr=-1), "lr is -1"),
        (lambda: optim.SGD([W], lr=1, momentum=1.0), "momentum is 1.0"),
        (lambda: optim.SGD([W], lr=1, nesterov=True), "nesterov needs"),
        (lambda: optim.AdamW([W], betas=(0.9, 1.0)), "AdamW: betas are"),
        (lambda: optim.Adam([W], eps=0), "eps is 0"),
        (lambda: optim.Adam([W], weight_decay=-1), "weight_decay is -1"),
        (lambda: optim.Adam([{"params": [W], "lr": 1}]), r"a group has \['lr'\]"),
        (lambda: optim.clip_grad_norm([W], 0), "max_norm is 0"),
    ],
)
def test_impossible_settings_are_worded(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_memory_that_cannot_be_updated_in_place_is_worded():
    turned = Tensor(np.zeros((2, 3)).T, requires_grad=True)
    turned.grad = np.zeros((3, 2))
    with pytest.raises(ArgumentError, match="not contiguous"):
        optim.SGD([turned], lr=1).step()
    with pytest.raises(NotImplementedError, match="no update rule"):
        _one_step(optim.Optimizer([W], 1.0, 0.0))


def _one_step(optimiser):
    W.grad = np.ones(1, np.float32)
    optimiser.step()
