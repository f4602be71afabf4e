"""The speed benchmark: its declarations, its arithmetic, and how it runs, skips, fails and stops."""

from __future__ import annotations

import doctest
import importlib
import json
import os
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from npseg import nn, ops

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
MODULES = ("flops", "machine", "speed", "speed_report", "speed_results", "speed_rows", "subjects", "turns")
# The processes that are started inherit the setting, and without the compiler even tiny models take minutes.
compiled = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="trains and infers")
# The table of what is wanted: row, at least, aim.
WANTED = {
    "unet32-train": (1.7, 2.5),
    "unet32-infer": (1.5, 2.0),
    "unet16-train": (1.3, 2.0),
    "unet16-infer": (1.1, 1.7),
    "unet64-train": (1.3, 2.0),
    "unet64-infer": (1.3, 2.0),
    "fcn8s-train": (1.3, 1.6),
    "fcn8s-infer": (1.3, 1.6),
    "confusion": (20, 30),
    "losses": (2, 4),
    "memory": (1.0, 0.7),
}


class Modules:
    """The benchmark's modules, by name."""

    def __init__(self):
        sys.path.insert(0, str(BENCHMARKS))
        try:
            for name in MODULES:
                setattr(self, name, importlib.import_module(name))
        finally:
            sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def bench():
    return Modules()


@pytest.fixture
def workers(bench, tmp_path):
    """Write a module of worker functions; returns a maker of contestants."""
    path = tmp_path / "workers.py"
    path.write_text(
        textwrap.dedent(
            """
            import time
            import numpy as np

            def giving(value, seconds=0.0):
                def run():
                    print("noise on stdout")
                    time.sleep(seconds)
                    return np.array(value) if isinstance(value, list) else value
                return run

            def plain():
                return giving(None)

            def broken():
                raise RuntimeError("no compiler here")

            def ending():
                raise SystemExit(3)

            def counting(seconds):
                runs = []
                def run():
                    time.sleep(seconds)
                    runs.append(1)
                    return {"runs": len(runs)}
                return run

            def greedy(mebibytes):
                return lambda: float(np.ones(mebibytes << 17).sum())
            """
        )
    )

    def make(name, function="giving", role="peer", requires=(), **arguments):
        worker = bench.turns.Worker(name, str(path), function, arguments)
        return bench.speed_rows.Contestant(worker, requires, role)

    return make


def row_of(bench, *contestants, **changes):
    return bench.speed_rows.Row("unet32-train", "work", 1.7, 2.5, own=tuple(contestants), **changes)


def timing(bench, name, milliseconds, witness=(1.0,), **rest):
    return bench.turns.Timing(name, [milliseconds], 10.0, list(witness), **rest)


@pytest.mark.parametrize("name", ["speed_results", "turns"])
def test_examples(bench, name):
    assert doctest.testmod(getattr(bench, name)).failed == 0


def test_rows_are_those_of_the_wanted_table(bench):
    assert {name: (row.at_least, row.aim) for name, row in bench.speed_rows.ROWS.items()} == WANTED
    assert list(bench.speed_rows.TINY) == list(WANTED)


def test_every_row_has_npseg_once_and_peers_by_distinct_names(bench):
    for row in bench.speed_rows.ROWS.values():
        if row.module:
            assert not row.own
            continue
        roles = [c.role for c in row.own]
        assert roles.count("ours") == 1
        assert roles.count("limit") == (row.name.startswith("unet32"))
        names = [c.name for c in row.own]
        assert len(set(names)) == len(names)
        eager = {"npseg", "torch, NCHW", "torch, channels last", "torch.compile"}
        runtimes = {"ONNX Runtime", "OpenVINO", "torch.compile, frozen"}
        assert eager <= set(names)
        assert (runtimes <= set(names)) == row.name.endswith("infer")


def test_workers_exist_under_the_names_that_rows_declare(bench):
    for row in bench.speed_rows.ROWS.values():
        for contestant in row.own:
            text = (BENCHMARKS / contestant.worker.module).read_text()
            assert f"\ndef {contestant.worker.function}(" in text
            json.dumps(contestant.worker.arguments)


def test_sizes_of_the_rows(bench):
    subjects = {name: row.subject for name, row in bench.speed_rows.ROWS.items() if row.subject}
    sizes = {name: (s.model, s.width, s.batch, s.size, s.classes) for name, s in subjects.items()}
    assert sizes["unet32-train"] == sizes["unet32-infer"] == sizes["memory"] == ("unet", 32, 4, 256, 21)
    assert sizes["unet16-train"] == sizes["unet16-infer"] == ("unet", 16, 4, 256, 21)
    assert sizes["unet64-train"] == sizes["unet64-infer"] == ("unet", 64, 2, 256, 21)
    assert sizes["fcn8s-train"] == sizes["fcn8s-infer"] == ("fcn8s", 1, 1, 384, 21)


def test_competitors_of_another_benchmark_are_read_from_it(bench, tmp_path):
    module = tmp_path / "other.py"
    row = bench.speed_rows.Row("losses", "losses", 2, 4, module=str(module))
    with pytest.raises(LookupError, match="is not there"):
        bench.speed_rows.find_contestants(row)
    module.write_text("import no_such_peer\n")
    with pytest.raises(LookupError, match="WORKERS"):
        bench.speed_rows.find_contestants(row)
    module.write_text('import no_such_peer\nWORKERS: dict[str, str] = {"npseg": "ours", "a peer": "theirs"}\n')
    found = bench.speed_rows.find_contestants(row)
    assert [(c.name, c.worker.function, c.role) for c in found] == [
        ("npseg", "ours", "ours"),
        ("a peer", "theirs", "peer"),
    ]


def test_the_competitors_of_every_row_are_functions(bench):
    """A process is told one by its name."""
    for row in bench.speed_rows.ROWS.values():
        for contestant in bench.speed_rows.find_contestants(row):
            assert isinstance(contestant.worker.function, str), (row.name, contestant)


def test_a_row_without_its_module_is_skipped(bench):
    row = bench.speed_rows.Row("losses", "losses", 2, 4, module="no_such_module.py")
    result = bench.speed.run_row(row, 1)
    assert result["status"] == "skipped"
    assert "no_such_module.py" in result["why"]


def test_ratio_is_against_the_best_peer_and_limits_do_not_count(bench, workers):
    row = row_of(bench, workers("npseg", role="ours"), workers("slow"), workers("fast"), workers("peak", role="limit"))
    found = [timing(bench, n, ms) for n, ms in (("npseg", 100), ("slow", 300), ("fast", 180), ("peak", 1))]
    result = bench.speed_results.result_of(row, row.own, found, {})
    assert (result["best_peer"], result["ratio"], result["verdict"]) == ("fast", 1.8, "at least")


def test_memory_is_compared_by_its_increase_and_less_is_better(bench, workers):
    row = row_of(bench, workers("npseg", role="ours"), workers("a"), workers("b"), quantity="memory")
    row = replace(row, at_least=1.0, aim=0.7)
    found = [
        timing(bench, "npseg", 9, baseline_bytes=50, peak_bytes=110),
        timing(bench, "a", 1, baseline_bytes=100, peak_bytes=220),
        timing(bench, "b", 1, baseline_bytes=10, peak_bytes=110),
    ]
    result = bench.speed_results.result_of(row, row.own, found, {})
    assert (result["best_peer"], result["ratio"], result["verdict"]) == ("b", 0.6, "aim")


@pytest.mark.parametrize(
    "name,ratio,word",
    [
        ("unet32-infer", 1.49, "short"),
        ("unet32-infer", 1.5, "at least"),
        ("unet32-infer", 2.0, "aim"),
        ("memory", 1.01, "short"),
        ("memory", 1.0, "at least"),
        ("memory", 0.7, "aim"),
    ],
)
def test_verdicts_at_their_bounds(bench, name, ratio, word):
    assert bench.speed_results.verdict(bench.speed_rows.ROWS[name], ratio) == word


@pytest.mark.parametrize("witness", [[1.0, 2.01], [1.0], [], [1.0, float("nan")]])
def test_disagreement_fails_the_row(bench, workers, witness):
    row = row_of(bench, workers("npseg", role="ours"), workers("a"), workers("b"))
    found = [timing(bench, "npseg", 1, witness), timing(bench, "a", 2, [1, 2]), timing(bench, "b", 2, [1, 2.0001])]
    result = bench.speed_results.result_of(row, row.own, found, {})
    assert result["status"] == "failed"
    assert "npseg" in result["why"]
    assert " b " not in result["why"]
    assert "ratio" not in result
    agreeing = bench.speed_results.result_of(replace(row, tolerance=None), row.own, found, {})
    assert agreeing["status"] == "measured"


def test_factor_of_direct_convolution(bench):
    # The product takes 10 ms, so the peak is 2 2048^3 / 10 ms; work of three products takes 30 ms.
    found = bench.speed_results.compare_to_limit(3 * 2 * 2048**3, gemm_ms=10.0, ours_ms=20.0)
    assert found["gemm_gflops"] == pytest.approx(1717.99, rel=1e-5)
    assert found["limit_ms"] == pytest.approx(30.0)
    assert found["factor"] == pytest.approx(1.5)


def test_a_training_step_counts_three_passes(bench, workers):
    row = row_of(bench, workers("npseg", role="ours"), workers("a"), workers("peak", role="limit"))
    found = [timing(bench, name, 10.0) for name in ("npseg", "a", "peak")]
    flops = 2 * 2048**3
    for training, factor in ((False, 1.0), (True, 3.0)):
        result = bench.speed_results.result_of(replace(row, training=training), row.own, found, {}, flops)
        assert result["direct_convolution"]["factor"] == pytest.approx(factor)


class SmallNet(nn.Module):
    """A stand-in for a model: every kind of convolution once."""

    def __init__(self):
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.down = nn.Conv2d(4, 6, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.up = nn.ConvTranspose2d(6, 5, 2, stride=2)
        self.last = nn.Conv2d(5, 2, 1)

    def forward(self, images):
        return self.last(ops.relu(self.up(self.depthwise(self.down(self.first(images))))))


def test_flops_of_a_net_counted_by_hand(bench):
    images = np.zeros((2, 8, 8, 3), np.float32)
    by_hand = (
        2 * 64 * 4 * 9 * 3  # 64 pixels, 4 features, 9 taps of 3 channels
        + 2 * 16 * 6 * 9 * 4  # on a grid of half the size
        + 2 * 16 * 6 * 9  # one channel a feature
        + 2 * 16 * 6 * 4 * 5  # each of 16 pixels stamps 4 taps of 5 features
        + 2 * 64 * 2 * 5
    )
    assert bench.flops.direct_flops(SmallNet(), images) == 2 * by_hand


def test_flops_of_a_hidden_kernel_are_not_guessed(bench, monkeypatch):
    net = SmallNet()
    monkeypatch.setattr(net, "forward", lambda images: ops.relu(net.first(images)))
    with pytest.raises(ValueError, match=r"down\.weight.*up\.weight"):
        bench.flops.direct_flops(net, np.zeros((1, 8, 8, 3), np.float32))


def test_flops_of_the_unet_are_those_of_its_profile(bench):
    from npseg.models import profile

    subject = bench.subjects.Subject("unet", 2, 3, 32)
    wanted = 3 * profile(subject.build(), 32, 32).flops
    assert bench.flops.direct_flops(subject.build(), subject.images()) == wanted


@pytest.mark.parametrize("model", ["unet", "fcn8s"])
def test_subjects_are_the_same_in_every_process_and_nothing_is_idle(bench, model):
    subject = bench.subjects.Subject(model, 2 if model == "unet" else 1 / 32, 1, 32)
    first, second = subject.build().state_dict(), subject.build().state_dict()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
        assert array.ndim == 0 or array.any(), f"{name} is zero, so that agreement would say nothing of it"
        if name.endswith(("running_mean", "running_var")):
            assert len(np.unique(array)) > 1
    np.testing.assert_array_equal(subject.images(), subject.images())


def test_lines_of_the_table(bench, workers):
    row = row_of(bench, workers("npseg", role="ours"), workers("a"), workers("b"), workers("peak", role="limit"))
    found = [timing(bench, n, ms) for n, ms in (("npseg", 100.0), ("a", 250.0), ("peak", 86.0))]
    absent = {"b": "not installed: b"}
    lines = bench.speed_report.lines_of(bench.speed_results.result_of(row, row.own, found, absent, 10**10))
    assert lines[0] == ("work", "", "", "2.50", ">= 1.7", ">= 2.5", "aim")
    assert lines[1][:3] == ("  npseg", "100 ms", "")
    assert lines[2][:3] == ("  a (best)", "250 ms", "2.50")
    assert lines[3][0] == "  b: skipped, not installed: b"
    assert lines[4][0].startswith("  direct convolution at the GEMM peak, 200 GFLOP/s")
    assert lines[4][1:3] == ("50 ms", "0.50")
    assert {len(line) for line in lines} == {7}


def test_skipped_rows_stand_in_the_table(bench, capsys):
    skipped = bench.speed_results.skipped(bench.speed_rows.ROWS["losses"], "losses.py is not there")
    bench.speed_report.print_table([skipped], "title")
    printed = capsys.readouterr().out
    assert "losses.py is not there" in printed
    assert ">= 2" in printed
    assert bench.speed_report.draw([skipped], "title").startswith(b"\x89PNG")


def test_competitors_run_in_their_own_processes(bench, workers):
    row = row_of(bench, workers("npseg", role="ours", value=1.5), workers("a", value=1.5, seconds=0.02))
    result = bench.speed.run_row(row, 2)
    assert (result["status"], result["best_peer"], result["verdict"]) == ("measured", "a", "aim")
    ours, theirs = result["contestants"]
    assert len(theirs["runs"]) == 2
    assert theirs["ms"] >= 20 > ours["ms"]
    assert min(theirs["baseline_bytes"], theirs["peak_bytes"]) > 0


def test_a_peer_that_is_missing_or_broken_is_skipped_with_its_reason(bench, workers, capfd):
    row = row_of(
        bench,
        workers("npseg", role="ours", value=[1.0, 2.0]),
        workers("absent", requires=("no_such_package",), value=1.0),
        workers("broken", "broken"),
        workers("silent", "ending"),
        workers("a", value=[1.0, 2.0]),
    )
    result = bench.speed.run_row(row, 1)
    assert result["status"] == "measured"
    why = {c["name"]: c.get("why") for c in result["contestants"]}
    assert why == {
        "npseg": None,
        "absent": "not installed: no_such_package",
        "broken": "RuntimeError: no compiler here",
        "silent": "its process ended without a word",
        "a": None,
    }
    printed = capfd.readouterr()
    assert "absent: skipped, not installed: no_such_package" in printed.out
    assert "Traceback" in printed.err


def test_ours_broken_fails_the_row(bench, workers):
    row = row_of(bench, workers("npseg", "broken", role="ours"), workers("a", value=1.0))
    result = bench.speed.run_row(row, 1)
    assert result["status"] == "failed"
    assert "no compiler here" in result["why"]


@pytest.mark.skipif(sys.platform != "linux", reason="peaks since a moment are known on Linux only")
def test_memory_is_the_peak_above_the_imports(bench, workers):
    row = row_of(
        bench,
        workers("npseg", "greedy", role="ours", mebibytes=40),
        workers("a", "greedy", mebibytes=160),
        quantity="memory",
        tolerance=None,
    )
    result = bench.speed.run_row(row, 1)
    increases = [c["increase_bytes"] / 2**20 for c in result["contestants"]]
    assert 40 <= increases[0] < 60
    assert 160 <= increases[1] < 180
    assert all(len(c["runs"]) == bench.speed.MEMORY_TURNS for c in result["contestants"])


def test_parts_that_a_run_times_itself(bench, workers):
    worker = workers("a", value={"forward": 2.0, "backward": 3.0}).worker
    (found,) = bench.turns.measure_workers([worker], 2)
    assert found.parts == {"forward": [2.0, 2.0], "backward": [3.0, 3.0]}


def test_the_first_run_of_a_turn_does_not_count(bench, workers):
    worker = workers("a", "counting", seconds=bench.turns.LEAST_SECONDS).worker
    (found,) = bench.turns.measure_workers([worker], 2)
    assert found.parts == {"runs": [3, 5]}


def test_workers_of_one_module_by_their_names(bench, workers):
    path = workers("plain").worker.module
    (found,) = bench.turns.measure(path, ["plain"], 3)
    assert found.name == "plain"
    assert len(found.runs) == 3
    assert found.witness == []


def test_an_end_without_a_listener_ends_the_benchmark(bench, workers, capsys):
    with pytest.raises(SystemExit, match="bad ended"):
        bench.turns.measure_workers([workers("bad", "broken").worker], 1)
    assert "no compiler here" in capsys.readouterr().err


def test_witnesses_do_not_depend_on_the_memory_layout(bench):
    array = np.random.default_rng(0).standard_normal((3, 40, 50, 7))
    turned = np.asfortranarray(array)
    assert bench.turns.witness(array) == bench.turns.witness(turned)
    assert len(bench.turns.witness(array)) == bench.turns.WITNESSES
    assert bench.turns.witness(array)[-1] == array[-1, -1, -1, -1]


def run_main(bench, monkeypatch, out, *arguments, rows=None):
    """`main` on rows of pretended work."""
    if rows is not None:
        monkeypatch.setattr(bench.speed, "run_row", rows)
    return bench.speed.main(["--out", str(out), *arguments])


def pretended(bench, ratio):
    def run(row, turns, only=()):
        result = {**bench.speed_results.skipped(row, ""), "status": "measured", "ratio": ratio}
        return {**result, "best_peer": "a", "verdict": bench.speed_results.verdict(row, ratio)}

    return run


def read(out):
    return {row["name"]: row for row in json.loads((out / "speed.json").read_text())["rows"]}


def test_rows_measured_again_replace_old_ones_and_others_stay(bench, monkeypatch, tmp_path, capsys):
    assert run_main(bench, monkeypatch, tmp_path, "--rows", "losses", "memory", rows=pretended(bench, 2.0)) == 0
    assert run_main(bench, monkeypatch, tmp_path, "--rows", "memory", rows=pretended(bench, 0.5)) == 0
    found = read(tmp_path)
    assert {name: row["ratio"] for name, row in found.items()} == {"losses": 2.0, "memory": 0.5}
    assert all("numpy" in row["versions"] for row in found.values())
    assert {path.name for path in tmp_path.iterdir()} == {"speed.json", "speed.png"}
    with pytest.raises(SystemExit, match="choose another --out"):
        run_main(bench, monkeypatch, tmp_path, "--tiny")
    capsys.readouterr()


def test_an_interrupt_keeps_the_rows_that_are_finished(bench, monkeypatch, tmp_path, capsys):
    def interrupted(row, turns, only=()):
        if row.name == "unet32-infer":
            raise KeyboardInterrupt
        return pretended(bench, 2.0)(row, turns)

    assert run_main(bench, monkeypatch, tmp_path, rows=interrupted) == 130
    assert list(read(tmp_path)) == ["unet32-train"]
    assert "stopped" in capsys.readouterr().err


def test_a_failed_row_shows_in_the_status(bench, monkeypatch, tmp_path, capsys):
    def failing(row, turns, only=()):
        return {**bench.speed_results.skipped(row, "a differs"), "status": "failed"}

    assert run_main(bench, monkeypatch, tmp_path, "--rows", "losses", rows=failing) == 1
    assert "losses failed: a differs" in capsys.readouterr().err


def test_list_names_every_row_and_writes_nothing(bench, monkeypatch, tmp_path, capsys):
    assert run_main(bench, monkeypatch, tmp_path / "none", "--list") == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in WANTED)
    assert not (tmp_path / "none").exists()


def test_unknown_rows_peers_and_counts_are_refused(bench, capsys):
    for arguments in (["--rows", "no-such-row"], ["--only", "no such peer"], ["--turns", "0"]):
        with pytest.raises(SystemExit):
            bench.speed.main(arguments)
    told = capsys.readouterr().err
    assert "at least 1" in told
    assert "no row has a competitor 'no such peer'" in told


@compiled
def test_the_smallest_row_from_end_to_end_by_npseg_alone(bench, monkeypatch, tmp_path, capsys):
    arguments = ("--tiny", "--rows", "unet16-infer", "--only", "npseg", "--turns", "1")
    assert run_main(bench, monkeypatch, tmp_path / "results", *arguments) == 0
    result = read(tmp_path / "results")["unet16-infer"]
    (ours,) = result["contestants"]
    assert ours["ms"] > 0
    assert result["why"] == "no peer to compare with"
    assert (tmp_path / "results" / "speed.png").read_bytes().startswith(b"\x89PNG")
    assert "U-Net base 16" in capsys.readouterr().out


@compiled
@pytest.mark.slow
def test_a_training_row_by_npseg_alone_tells_its_factor(bench, monkeypatch, tmp_path):
    arguments = ("--tiny", "--rows", "unet32-train", "memory", "--only", "npseg", "--turns", "1")
    assert run_main(bench, monkeypatch, tmp_path, *arguments) == 0
    assert read(tmp_path)["unet32-train"]["direct_convolution"]["factor"] > 0
    assert read(tmp_path)["memory"]["contestants"][0]["increase_bytes"] > 0


@pytest.fixture
def torch_work(bench):
    pytest.importorskip("torch")
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("npseg_work"), importlib.import_module("peers_torch")
    finally:
        sys.path.remove(str(BENCHMARKS))


@compiled
@pytest.mark.torch
@pytest.mark.parametrize("name", ["unet16-infer", "fcn8s-infer"])
@pytest.mark.parametrize("layout", ["nchw", "channels last"])
def test_pytorch_computes_the_same(bench, torch_work, name, layout):
    ours, peers = torch_work
    subject = bench.speed_rows.TINY[name].subject
    subject = replace(subject, size=48, batch=2)  # at which FCN's pools round up
    arguments = vars(subject)
    logits = peers.infer(layout, **arguments)()
    assert np.abs(logits).max() > 0.01
    np.testing.assert_allclose(ours.infer(**arguments)(), logits, atol=1e-3 * np.abs(logits).max())
    here, there = ours.train(**arguments), peers.train(layout, **arguments)
    losses = np.array([(here(), there()) for _ in range(3)])
    np.testing.assert_allclose(losses[:, 0], losses[:, 1], rtol=2e-3)
    assert losses[0, 0] > losses[-1, 0]


@compiled
@pytest.mark.slow
@pytest.mark.torch
def test_all_peers_of_inference_agree(bench, monkeypatch, tmp_path):
    pytest.importorskip("torch")
    assert run_main(bench, monkeypatch, tmp_path, "--tiny", "--rows", "fcn8s-infer", "--turns", "1") == 0
    assert read(tmp_path)["fcn8s-infer"]["status"] == "measured"
