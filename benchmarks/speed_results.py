"""Arithmetic of the speed benchmark: agreement, ratios, limits and verdicts, from timings to plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flops import TRAINING_PASSES
from machine import GEMM_FLOPS
from speed_rows import Contestant, Row
from turns import Timing

__all__ = ["compare_to_limit", "disagreements", "result_of", "skipped", "verdict"]


def result_of(
    row: Row, contestants: Sequence[Contestant], timings: Sequence[Timing], absent: Mapping[str, str], flops: int = 0
) -> dict[str, Any]:
    """What a row came to. `absent` says of competitors without a timing why; `flops` are those of one forward pass."""
    found = {timing.name: timing for timing in timings}
    result = _described(row)
    result["contestants"] = [_contestant(c, found.get(c.name), absent.get(c.name, "")) for c in contestants]
    costs = {c.name: _cost(row, found[c.name]) for c in contestants if c.name in found and c.role != "limit"}
    ours = next(c.name for c in contestants if c.role == "ours")
    peers = {name: cost for name, cost in costs.items() if name != ours}
    wrong = disagreements(row, contestants, timings)
    if ours not in costs:
        result |= {"status": "failed", "why": f"{ours}: {absent.get(ours, 'was not measured')}"}
    elif wrong:
        result |= {"status": "failed", "why": "; ".join(wrong)}
    elif not peers:
        result["why"] = "no peer to compare with"
    else:
        best = min(peers, key=lambda name: peers[name])
        ratio = costs[ours] / peers[best] if row.less_is_better else peers[best] / costs[ours]
        result |= {"best_peer": best, "ratio": ratio, "verdict": verdict(row, ratio)}
    limit = next((found[c.name] for c in contestants if c.role == "limit" and c.name in found), None)
    if limit is not None and flops and ours in found:
        passes = TRAINING_PASSES if row.training else 1
        result["direct_convolution"] = compare_to_limit(passes * flops, limit.median, found[ours].median)
    return result


def skipped(row: Row, why: str) -> dict[str, Any]:
    """The result of a row that was not measured."""
    return {**_described(row), "status": "skipped", "why": why}


def verdict(row: Row, ratio: float) -> str:
    """Which of the wanted numbers a ratio reaches.

    >>> from speed_rows import ROWS
    >>> verdict(ROWS["unet32-train"], 1.7), verdict(ROWS["unet32-train"], 2.6), verdict(ROWS["memory"], 1.1)
    ('at least', 'aim', 'short')
    """
    for word, wanted in (("aim", row.aim), ("at least", row.at_least)):
        if ratio <= wanted if row.less_is_better else ratio >= wanted:
            return word
    return "short"


def compare_to_limit(flops: int, gemm_ms: float, ours_ms: float) -> dict[str, float]:
    """How our time compares with the time that direct convolution would need at the peak of matrix products."""
    peak = GEMM_FLOPS / gemm_ms * 1e-6  # GFLOP/s
    limit_ms = flops / peak * 1e-6
    return {"gflop": flops * 1e-9, "gemm_gflops": peak, "limit_ms": limit_ms, "factor": limit_ms / ours_ms}


def disagreements(row: Row, contestants: Sequence[Contestant], timings: Sequence[Timing]) -> list[str]:
    """Competitors whose first loss, or whose logits, are not those of the first peer within the row's tolerance."""
    if row.tolerance is None:
        return []
    roles = {c.name: c.role for c in contestants}
    taking_part = [timing for timing in timings if roles[timing.name] != "limit"]
    reference = next((t for t in taking_part if roles[t.name] == "peer"), None)
    if reference is None:
        return []
    wanted, found = np.array(reference.witness), []
    for timing in taking_part:
        got = np.array(timing.witness)
        if got.shape != wanted.shape or not got.size:
            found.append(f"{timing.name} reports {got.size} values, {reference.name} {wanted.size}")
            continue
        error = np.abs(got - wanted).max() / np.abs(wanted).max()
        if not error <= row.tolerance:  # NaN is a disagreement too
            found.append(f"{timing.name} differs from {reference.name} by {error:.1e} (allowed: {row.tolerance:g})")
    return found


def _described(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "quantity": row.quantity,
        "status": "measured",
        "why": "",
        "at_least": row.at_least,
        "aim": row.aim,
        "contestants": [],
    }


def _contestant(contestant: Contestant, timing: Timing | None, why: str) -> dict[str, Any]:
    described: dict[str, Any] = {"name": contestant.name, "role": contestant.role}
    if timing is None:
        return {**described, "why": why or "was not measured"}
    return {
        **described,
        "ms": timing.median,
        "runs": timing.runs,
        "first_ms": timing.first,
        "baseline_bytes": timing.baseline_bytes,
        "peak_bytes": timing.peak_bytes,
        "increase_bytes": timing.increase_bytes,
    }


def _cost(row: Row, timing: Timing) -> float:
    return timing.increase_bytes if row.quantity == "memory" else timing.median
