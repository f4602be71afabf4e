from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg import optim
from npseg.errors import ArgumentError, ConfigError

NAMES = ["constant", "cosine", "one_cycle", "poly"]


@pytest.mark.parametrize("name", NAMES)
@given(total=st.integers(2, 400), share=st.floats(0, 0.9))
def test_factors_stay_in_the_unit_interval_and_rise_through_the_warm_up(name, total, share):
    warmup = int(share * total)
    schedule = optim.make_schedule(name, total, warmup_steps=warmup)
    factors = [schedule(step) for step in range(total + 5)]
    assert all(0 <= f <= 1 for f in factors)
    assert factors == [schedule(step) for step in range(total + 5)]  # no hidden state
    rise = factors[:warmup]
    assert rise == sorted(rise)
    if name != "one_cycle":
        fall = factors[max(warmup, 1) - 1 : total]
        assert fall == sorted(fall, reverse=True)
        assert max(factors) == 1


def test_warm_up_hands_over_at_the_peak():
    for name in ("constant", "cosine", "poly"):
        schedule = optim.make_schedule(name, 20, warmup_steps=5)
        assert [schedule(s) for s in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])


def test_known_values():
    assert optim.poly(10, power=2.0)(5) == pytest.approx(0.25)
    assert optim.make_schedule("poly", 10, power=2.0)(5) == pytest.approx(0.25)
    assert optim.cosine(10)(5) == pytest.approx(0.5)
    assert optim.cosine(10)(99) == pytest.approx(0)
    cycle = optim.one_cycle(100)
    assert cycle(0) == pytest.approx(1 / 25)
    assert cycle(29) == pytest.approx(1)
    assert cycle(99) == pytest.approx(4e-6)
    assert cycle(500) == pytest.approx(4e-6)
    assert optim.one_cycle(100, warmup_steps=10)(10) == pytest.approx(1)
    assert optim.one_cycle(1)(0) == pytest.approx(4e-6)


def test_mistakes_are_worded():
    with pytest.raises(ConfigError, match="unknown 'cosin'; did you mean 'cosine'"):
        optim.make_schedule("cosin", 10)
    with pytest.raises(ArgumentError, match="total_steps=5 and warmup_steps=5"):
        optim.cosine(5, warmup_steps=5)
    with pytest.raises(ArgumentError, match="total_steps=0"):
        optim.one_cycle(0)
    with pytest.raises(ArgumentError, match="power is 0"):
        optim.poly(5, power=0)
    with pytest.raises(ArgumentError, match="rise is 2"):
        optim.one_cycle(5, rise=2)
