"""Memory that is used again."""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref

import numpy as np
import pytest

from npseg.ops import memory, workspace


@pytest.mark.skipif(sys.platform != "linux", reason="fork is what Linux does")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_process_forked_while_another_thread_asks_for_memory_gets_its_own() -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with memory._lock:
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    child = os.fork()
    if not child:
        try:
            memory.empty((1 << 20,), "f4")
        finally:
            os._exit(0)
    done.set()
    thread.join()
    ended = _ended(child)
    if not ended:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert ended, "the child waits for a lock that nobody will give back"


def test_release_frees_the_scratch_buffers_of_all_threads() -> None:
    memory.release()
    before, used, done = workspace.held(), threading.Event(), threading.Event()
    seen, again = [], []

    def work() -> None:
        mine = workspace.scratch(1 << 18, np.dtype("f4"))
        seen.append(weakref.ref(mine.base))
        used.set()
        done.wait(30)
        mine[:] = 3  # an op in the middle of its work keeps what it works in
        again.append((mine == 3).all() and workspace.scratch(1 << 18, np.dtype("f4")).base is not mine.base)

    thread = threading.Thread(target=work)
    thread.start()
    used.wait(30)
    for kind in ("f4", "f8"):
        seen.append(weakref.ref(workspace.scratch(1 << 18, np.dtype(kind)).base))
    assert workspace.held() - before == (4 + 4 + 8) << 18
    memory.release()
    assert workspace.held() == 0
    assert [one() is None for one in seen] == [False, True, True]
    done.set()
    thread.join()
    assert again == [True]
    assert seen[0]() is None


def test_scratch_buffers_go_with_their_thread() -> None:
    memory.release()
    thread = threading.Thread(target=workspace.scratch, args=(1000, np.dtype("f4")))
    thread.start()
    thread.join()
    assert workspace.held() == 0


def test_scratch_is_used_again_until_it_is_too_small() -> None:
    memory.release()
    first = workspace.scratch(100, np.dtype("f4"))
    assert np.shares_memory(first, workspace.scratch(60, np.dtype("f4")))
    assert not np.shares_memory(first, workspace.scratch(101, np.dtype("f4")))
    assert workspace.held() == 404


def _ended(child: int) -> bool:
    for _ in range(100):
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("size", [1 << 12, 100_003, 1 << 19])
def test_results_and_scratch_begin_with_a_line_of_the_cache(size, dtype):
    made = memory.empty((size,), dtype), memory.zeros((size,), dtype), workspace.scratch(size, np.dtype(dtype))
    assert [array.ctypes.data % 64 for array in made] == [0, 0, 0]
    assert [(array.size, array.dtype) for array in made] == [(size, np.dtype(dtype))] * 3


def test_a_step_like_the_one_before_asks_for_no_more_memory(monkeypatch):
    """A block that none of the free ones fits must not cost these: they are asked for again."""

    def step():
        held = [memory.empty((4 << 20,), "u1") for _ in range(10)]
        del held
        memory.empty((8 << 20,), "u1")

    monkeypatch.setattr(memory, "_ALWAYS", 0)
    memory.release()
    step()
    monkeypatch.setattr(memory, "aligned", lambda size: pytest.fail(f"{size} bytes more"))
    step()


def test_a_request_that_fails_leaves_no_trace(monkeypatch):
    made = memory.aligned

    def small_machine(size):
        if size > 100 << 20:
            raise MemoryError
        return made(size)

    memory.release()
    before = memory.in_use(), dict(memory._used)
    monkeypatch.setattr(memory, "aligned", small_machine)
    with pytest.raises(MemoryError):
        memory.empty((1 << 30,), "u1")
    assert (memory.in_use(), memory._used) == before


def test_free_blocks_are_given_back_before_a_request_fails(monkeypatch):
    made, asked = memory.aligned, []

    def full_until_something_is_free(size):
        asked.append(sum(block.size for block in memory._free))
        if asked[-1]:
            raise MemoryError
        return made(size)

    memory.release()
    held = memory.empty((4 << 20,), "u1")
    del held
    monkeypatch.setattr(memory, "aligned", full_until_something_is_free)
    assert memory.empty((8 << 20,), "u1").size == 8 << 20
    assert asked == [4 << 20, 0]
