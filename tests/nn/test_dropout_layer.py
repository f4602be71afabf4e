from __future__ import annotations

import numpy as np

from npseg import nn

X = np.ones((4, 50, 10), np.float32)


class Net(nn.Module):
    def __init__(self, seed):
        with nn.init.by_name(self, seed):
            self.a = nn.Dropout(0.5)
            self.b = nn.Dropout(0.5)

    def forward(self, x):
        return self.a(x), self.b(x), self.a(x)


def masks(net, step):
    net.set_step(step)
    return [np.asarray(y.data) for y in net(X)]


def test_masks_are_a_function_of_seed_step_layer_and_call():
    first = masks(Net(0), 7)
    for got, wanted in zip(masks(Net(0), 7), first):
        np.testing.assert_array_equal(got, wanted)
    others = [*first, *masks(Net(0), 8), *masks(Net(1), 7)]
    assert len({m.tobytes() for m in others}) == len(others)


def test_a_resumed_run_draws_the_same_masks():
    whole = Net(0)
    wanted = [masks(whole, step) for step in range(4)]
    resumed = Net(0)
    for step in (2, 3):
        for got, mask in zip(masks(resumed, step), wanted[step]):
            np.testing.assert_array_equal(got, mask)


def test_without_a_step_every_call_differs():
    layer = nn.Dropout(0.5)
    assert not np.array_equal(layer(X).data, layer(X).data)


def test_values_are_dropped_and_the_rest_scaled():
    y = nn.Dropout(0.25)(X).data
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.75)}
    assert abs((y == 0).mean() - 0.25) < 0.03


def test_evaluation_and_p_zero_do_nothing():
    assert nn.Dropout(0.5).eval()(X) is X
    assert nn.Dropout(0.0)(X) is X
    assert repr(nn.Dropout(0.1)) == "Dropout(0.1)"
