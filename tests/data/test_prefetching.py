from __future__ import annotations

import threading
import time

import pytest

from npseg.data import prefetch
from npseg.errors import DataError


class Slow:
    """Early batches take longer than late ones."""

    def __init__(self, broken=-1):
        self.begun, self.broken = [], broken

    def batch(self, step):
        self.begun.append(step)
        time.sleep(0.002 * (5 - step % 5))
        if step == self.broken:
            raise DataError("images/broken.png: cannot be read")
        return step


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_batches_come_in_order_whatever_the_workers(workers):
    with prefetch(Slow(), 3, 15, workers) as batches:
        assert list(batches) == list(range(3, 15))
        assert batches.waited > 0
        assert list(batches) == []


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_comes_where_its_batch_would_have_come(workers):
    batches = prefetch(Slow(broken=2), 0, 9, workers)
    assert [next(batches), next(batches)] == [0, 1]
    with pytest.raises(DataError, match=r"broken\.png"):
        next(batches)
    with pytest.raises(StopIteration):
        next(batches)


def test_leaving_early_drops_the_rest_without_waiting():
    slow = Slow()
    begun = time.perf_counter()
    with prefetch(slow, 0, 1000, 2) as batches:
        assert next(batches) == 0
    assert time.perf_counter() - begun < 1
    time.sleep(0.05)
    assert len(slow.begun) < 10
    batches.close()


def test_threads_end():
    with prefetch(Slow(), 0, 4, 2) as batches:
        list(batches)
    deadline = time.perf_counter() + 5
    while any(t.name.startswith("npseg-prefetch") for t in threading.enumerate()) and time.perf_counter() < deadline:
        time.sleep(0.01)
    assert not any(t.name.startswith("npseg-prefetch") for t in threading.enumerate())


def test_nothing_to_do():
    assert list(prefetch(Slow(), 5, 5, 1)) == []
