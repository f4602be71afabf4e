"""One number of threads, in force in every Python thread and every kind of process."""

from __future__ import annotations

import importlib.util
import sys
import threading

import numpy as np
import pytest

from npseg import config, kernels, ops
from npseg.kernels import _blas, _jit
from npseg.kernels._jit import ParallelLoop, jit, prange

# On Linux Numba takes OpenMP where it finds it; there the other layer can wait for the slow tests.
LAYERS = ["omp", pytest.param("workqueue", marks=pytest.mark.slow)] if sys.platform == "linux" else ["workqueue"]
layers = pytest.mark.parametrize("layer", LAYERS)
fork = pytest.mark.skipif(sys.platform != "linux", reason="fork is what Linux does")


def has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def test_count_is_the_setting_and_at_most_what_numba_has(script) -> None:
    said = script("""
        counts = [kernels.threads.count()]
        for wanted in (1, 2, 99):
            with config.use(threads=wanted):
                counts.append(kernels.threads.count())
        numba.set_num_threads(1)
        print(counts, kernels.threads.count())
    """)
    assert said == "[2, 1, 2, 2] 1"


def test_the_environment_sets_the_count(script) -> None:
    assert script("print(kernels.threads.count(), result()[1:])", NPSEG_NUM_THREADS="1") == "1 (1, 1)"


@layers
def test_the_setting_holds_in_loops_and_ends_with_them(script, layer) -> None:
    said = script(
        """
        threads = [result()[1]]
        with config.use(threads=1):
            threads.append(result()[1:])
        threads += [result()[1], numba.get_num_threads()]
        numba.set_num_threads(1)
        with config.use(threads=2):
            threads.append(result()[1])
        print(threads, numba.get_num_threads(), numba.threading_layer())
        """,
        NUMBA_THREADING_LAYER=layer,
    )
    assert said == f"[2, (1, 1), 2, 2, 2] 1 {layer}"


@layers
def test_the_setting_is_that_of_the_calling_python_thread(script, layer) -> None:
    said = script(
        """
        import threading
        config.set(threads=1)
        seen = {"default": result()[1]}
        def other():
            seen["thread"] = result()[1]
            with config.use(threads=2):
                seen["block in thread"] = result()[1]
        thread = threading.Thread(target=other); thread.start(); thread.join()
        seen["after"] = result()[1]
        print(seen)
        """,
        NUMBA_THREADING_LAYER=layer,
    )
    assert said == "{'default': 1, 'thread': 1, 'block in thread': 2, 'after': 1}"


@layers
def test_two_python_threads_at_the_same_time(script, layer) -> None:
    """Numba's workqueue ends the process if loops are not made to take turns."""
    said = script(
        """
        import threading
        expected = result()[0]
        wrong = []
        def many(threads):
            with config.use(threads=threads):
                for _ in range(300):
                    got = result()
                    if got[0] != expected or got[1] != (threads or 2):
                        wrong.append(got)
        workers = [threading.Thread(target=many, args=(n,)) for n in (None, 1, 2)]
        for w in workers: w.start()
        many(None)
        for w in workers: w.join()
        print(len(wrong), numba.threading_layer())
        """,
        NUMBA_THREADING_LAYER=layer,
    )
    assert said == f"0 {layer}"


@fork
@layers
@pytest.mark.parametrize("first", ["parent", "child"])
def test_a_forked_child_computes_the_same_bits(script, layer, first) -> None:
    """GNU OpenMP ends or hangs a child of a parent that has used it."""
    said = script(
        f"""
        import multiprocessing, os, signal, sys
        if {first == "parent"}:
            expected = result()[0]
        def child():
            signal.alarm(60)
            first = result()[0]
            with config.use(threads=1):
                assert result()[0] == first
            return first
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.write(writer, child()); os._exit(0)
        assert os.wait()[1] == 0, "os.fork"
        assert os.read(reader, 1000) == result()[0]
        def report(): os.write(writer, child())
        process = multiprocessing.get_context("fork").Process(target=report)
        process.start(); process.join()
        assert process.exitcode == 0, "multiprocessing"
        assert os.read(reader, 1000) == result()[0]
        print("same", numba.threading_layer())
        """,
        NUMBA_THREADING_LAYER=layer,
    )
    assert said == f"same {layer}"


@fork
def test_a_child_forked_while_another_thread_has_its_turn(script) -> None:
    said = script(
        """
        import os, signal, threading
        expected = result()[0]
        held = kernels.threads.loops._turns
        thread = threading.Thread(target=held.acquire); thread.start(); thread.join()
        if os.fork() == 0:
            signal.alarm(60)
            os._exit(0 if result()[0] == expected else 3)
        print(os.wait()[1])
        """,
        NUMBA_THREADING_LAYER="workqueue",
    )
    assert said == "0"


@fork
def test_a_child_of_a_parent_without_openmp_keeps_its_threads(script) -> None:
    said = script(
        """
        import os
        if os.fork() == 0:
            threads = result()[1]
            os._exit(threads)
        print(os.waitstatus_to_exitcode(os.wait()[1]))
        """,
        NUMBA_THREADING_LAYER="omp",
    )
    assert said == "2"


@fork
@pytest.mark.parametrize("chosen", ["", "ACTIVE"])
def test_openmp_threads_soon_sleep_while_they_wait(script, chosen) -> None:
    """Or spin, if the user says so; the environment is left as it was."""
    said = script(
        """
        import os
        os.dup2(1, 2)
        result()
        print("and then", os.environ.get("GOMP_SPINCOUNT"))
        """,
        NUMBA_THREADING_LAYER="omp",
        OMP_DISPLAY_ENV="VERBOSE",
        **({"OMP_WAIT_POLICY": chosen} if chosen else {}),
    )
    assert ("GOMP_SPINCOUNT = '20000'" in said) == (not chosen)
    assert "and then None" in said


@layers
def test_a_spawned_child_computes_the_same_bits(script, layer) -> None:
    said = script(
        """
        import multiprocessing
        def report(queue): queue.put(result())
        if __name__ == "__main__":
            context = multiprocessing.get_context("spawn")
            expected = result()
            queue = context.Queue()
            process = context.Process(target=report, args=(queue,)); process.start()
            got = queue.get(timeout=100); process.join()
            print(got[:2] == expected[:2], process.exitcode)
        """,
        NUMBA_THREADING_LAYER=layer,
    )
    assert said == "True 0"


@pytest.mark.torch
@pytest.mark.skipif(not has("torch"), reason="PyTorch is not installed")
@pytest.mark.parametrize("order", ["torch first", "npseg first"])
def test_beside_torch(script, order) -> None:
    """Both compute right, at once and in turns, and neither changes how many threads the other has."""
    said = script(f"""
        import threading
        if {order == "npseg first"}:
            expected = result()[0]
        import torch
        torch.set_num_threads(1)
        image, weight = torch.ones(2, 16, 64, 64), torch.ones(16, 16, 3, 3)
        def convolve(): return float(torch.nn.functional.conv2d(image, weight).sum())
        right = convolve()
        if {order == "torch first"}:
            expected = result()[0]
        assert torch.get_num_threads() == 1, torch.get_num_threads()
        torch.set_num_threads(2)
        wrong = []
        def many():
            for _ in range(100):
                if convolve() != right: wrong.append("torch")
        thread = threading.Thread(target=many); thread.start()
        for _ in range(100):
            got = result()
            if got[0] != expected or got[1] != 2: wrong.append("npseg")
        thread.join()
        with config.use(threads=1):
            result()
            assert torch.get_num_threads() == 2
        print(wrong, torch.get_num_threads(), result()[1])
    """)
    assert said == "[] 2 2"


@fork
@pytest.mark.torch
@pytest.mark.skipif(not has("torch"), reason="PyTorch is not installed")
def test_forked_after_torch_has_used_openmp(script) -> None:
    """They may share the library: a child hangs that Numba believes to be safe."""
    said = script("""
        import os, signal, torch
        image, weight = torch.ones(2, 16, 64, 64), torch.ones(16, 16, 3, 3)
        torch.nn.functional.conv2d(image, weight)
        if os.fork() == 0:
            signal.alarm(60)
            result()
            os._exit(0)
        print(os.wait()[1])
    """)
    assert said == "0"


@fork
@pytest.mark.torch
@pytest.mark.skipif(not has("torch"), reason="PyTorch is not installed")
def test_first_imported_in_a_child_of_torch(tmp_path) -> None:
    """As in a worker of a DataLoader: no hook of npseg can have seen the fork."""
    import subprocess

    code = """
import os, signal, torch
torch.nn.functional.conv2d(torch.ones(2, 16, 64, 64), torch.ones(16, 16, 3, 3))
if os.fork() == 0:
    signal.alarm(100)
    import numpy as np
    from npseg import kernels
    os._exit(0 if kernels.shuffle.depth_to_space(np.ones((1, 2, 2, 4)), 2).sum() == 16 else 3)
print(os.wait()[1])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "0\n"


def test_the_compiler_may_be_off(script) -> None:
    said = script(
        """
        import os
        config.set(threads=1)
        with kernels.threads.limited_blas():
            pass
        assert type(cut).__name__ == "function"
        sums = result()[0]
        if hasattr(os, "fork"):
            if os.fork() == 0:
                os._exit(0 if result()[0] == sums else 3)
            assert os.wait()[1] == 0
        print(kernels.threads.count(), kernels.compiling.counts())
        """,
        NUMBA_DISABLE_JIT="1",
    )
    assert said == "1 Counts(compiled=0, loaded=0)"


def test_a_compiled_function_may_call_a_loop(script) -> None:
    said = script("""
        @jit
        def outer(x, parts, who):
            return cut(x, parts, who)
        print(outer(data, np.zeros(2, np.float32), np.zeros(2, np.int64)))
    """)
    assert said == "2"


def loop(function, monkeypatch) -> ParallelLoop:
    """A ParallelLoop that is called as if compiled, whatever the tests run with."""
    monkeypatch.setattr(_jit, "_compiled", lambda function, **options: function)
    return ParallelLoop(function)


def test_the_wrapper_looks_like_the_function(monkeypatch) -> None:
    def square(x):
        """x * x"""
        return x * x

    wrapped = loop(square, monkeypatch)
    assert (wrapped.__name__, wrapped.__doc__, wrapped.py_func, wrapped(3)) == ("square", "x * x", square, 9)


class FakeBlas:
    """threadpoolctl's view of a library; keeps all numbers that were set."""

    def __init__(self, threads: int) -> None:
        self.num_threads = threads
        self.history: list[int] = []

    def set_num_threads(self, threads: int) -> None:
        self.num_threads = threads
        self.history.append(threads)


def test_of_several_limits_the_lowest_holds_and_the_last_takes_it_back() -> None:
    controller = FakeBlas(8)
    library = _blas.Library(controller)
    library.enter(4)
    library.enter(2)
    library.enter(3)
    library.leave(2)
    library.leave(4)
    library.leave(3)
    assert controller.history == [4, 2, 3, 8]


def test_a_limit_never_raises_the_number() -> None:
    controller = FakeBlas(1)
    with _blas.limit([_blas.Library(controller)], 4):
        assert controller.num_threads == 1
    assert controller.history == []


def test_a_limit_ends_with_an_error_and_holds_across_python_threads() -> None:
    controller = FakeBlas(4)
    libraries = [_blas.Library(controller)]
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with _blas.limit(libraries, 1):
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(30)
    with pytest.raises(ZeroDivisionError), _blas.limit(libraries, 2):
        _ = 1 / (controller.num_threads - 1)
    assert controller.num_threads == 1
    leave.set()
    thread.join()
    assert controller.num_threads == 4


def test_matrix_products_keep_to_the_number(monkeypatch) -> None:
    controller, seen = FakeBlas(4), []
    monkeypatch.setattr(_blas, "libraries", lambda: [_blas.Library(controller)])

    class Watched(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, **options):
            if ufunc is np.matmul:
                seen.append(controller.num_threads)
            inputs = tuple(np.asarray(one) for one in inputs)
            return getattr(ufunc, method)(*inputs, **options)

    matrix = np.eye(3, dtype=np.float32).view(Watched)
    linear = importlib.import_module("npseg.ops.linear")
    with config.use(threads=1):
        linear._product(matrix, matrix)
        product = ops.matmul(np.eye(3), np.ones((3, 3)))
    assert seen == [1]
    assert np.array_equal(product.data, np.ones((3, 3)))
    assert controller.history == [1, 4, 1, 4]


def test_the_real_libraries_are_found_and_given_back(script) -> None:
    said = script("""
        import threadpoolctl
        def numbers():
            return {one["filepath"]: one["num_threads"] for one in threadpoolctl.threadpool_info()
                    if one["user_api"] == "blas"}
        with kernels.threads.limited_blas():
            pass
        import scipy.linalg
        before = numbers()
        with config.use(threads=1), kernels.threads.limited_blas():
            inside = numbers()
        print(set(inside.values()), len(inside) == len(before) > 0, numbers() == before)
    """)
    assert said == "{1} True True"


def test_the_libraries_are_loaded_late(script) -> None:
    """Numba loads scipy.linalg when it compiles; the thread policy loads nothing before the first loop or product."""
    said = script("""
        import sys
        print(sorted({"scipy.linalg", "threadpoolctl"} & sys.modules.keys()))
    """)
    assert said == "[]"


def test_results_of_a_kernel_in_a_serial_compilation() -> None:
    """The two compilations of one source agree bit for bit."""
    x = np.random.default_rng(1).random((2, 3, 4, 8)).astype(np.float32)
    kernel = kernels.shuffle.depth_to_space
    if isinstance(kernel, ParallelLoop):
        assert np.array_equal(kernel(x, 2), kernel.serial(x, 2))
    assert np.array_equal(kernel(x, 2), getattr(kernel, "py_func", kernel)(x, 2))


def test_prange_is_range_without_a_compiler() -> None:
    assert list(prange(3)) == [0, 1, 2]
    assert callable(jit(parallel=True))
