"""The tape: one node per recorded op, and the sweep from the newest node to the oldest."""

from __future__ import annotations

import heapq
import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from npseg import kernels
from npseg.errors import GradientError

if TYPE_CHECKING:
    from npseg.autograd.tensor import Tensor

__all__ = ["Node", "sweep"]

Pullback = Callable[[np.ndarray, tuple[bool, ...]], Sequence[np.ndarray | None]]

_serial = itertools.count()
_SAMPLES = 1024


def _nothing() -> None:
    """Stands for the output of a node that has not been told its output."""


def fingerprint(array: np.ndarray, *, whole: bool) -> bytes:
    """Witness that an array was not written behind the back of its version counter.

    Every entry of a small array, and of a `whole` one; evenly spread samples of any other.
    """
    if array.size <= _SAMPLES:
        return array.tobytes()
    flat = array.reshape(-1) if array.flags.c_contiguous else array.flat
    samples = flat[:: array.size // _SAMPLES | 1].tobytes()  # odd: an even step would skip whole channels
    if not whole or not array.flags.c_contiguous:
        return samples
    bits = array.reshape(-1).view(f"u{array.itemsize}")
    return samples + bits.sum(dtype=np.uint64).tobytes()


def look(tensor: Tensor) -> tuple[int, bytes]:
    """What a tensor looks like now. Leaves are parameters, small beside the activations: they are looked at whole."""
    return tensor.version, fingerprint(tensor.data, whole=tensor.node is None)


class Node:
    """One recorded op: its inputs, the pullback to run, and what inputs and output looked like when it was recorded.

    `make`, where the op has it, computes the result once more: then nodes that consume it need not keep its array
    (`late.kept_by_nodes`).
    """

    __slots__ = ("inputs", "make", "name", "output", "pullback", "seen", "serial", "wanted")

    def __init__(
        self,
        name: str,
        inputs: tuple[Tensor | None, ...],
        pullback: Pullback,
        make: Callable[[], np.ndarray] | None = None,
    ):
        self.name = name
        self.inputs = inputs
        self.pullback: Pullback | None = pullback
        self.make = make
        self.wanted = tuple(t is not None and t.requires_grad for t in inputs)
        self.seen = [None if t is None else look(t) for t in inputs]
        # The output owns its node, so the node holds it weakly: an output that is gone was not written either.
        self.output: Callable[[], Tensor | None] = _nothing
        self.serial = next(_serial)

    def made(self, output: Tensor) -> None:
        """Remember the output too: some pullbacks use it."""
        self.output = weakref.ref(output)
        self.seen.append(look(output))

    def run(self, dy: np.ndarray) -> Sequence[np.ndarray | None]:
        """Gradients of the inputs; frees what the op had saved, so that memory falls as the sweep goes."""
        if self.pullback is None:
            raise self._used()
        self._require_untouched()
        grads = self.pullback(np.require(dy, requirements=["C", "W"]), self.wanted)
        self.pullback = self.make = None
        return grads

    def made_again(self) -> np.ndarray:
        """The result of the op, by its recipe."""
        if self.make is None:
            raise self._used()
        return self.make()

    def release(self) -> tuple[Tensor | None, ...]:
        """Let go of the inputs and return them to the sweep."""
        inputs, self.inputs, self.seen = self.inputs, (), []
        return inputs

    def _used(self) -> GradientError:
        return GradientError(
            f"backward: the graph behind {self.name} was already used and its memory released; run the forward "
            "pass again, or add the losses together before calling backward() once"
        )

    def _require_untouched(self) -> None:
        for position, (tensor, seen) in enumerate(zip((*self.inputs, self.output()), self.seen)):
            if tensor is None or seen is None:
                continue
            # An array that will be made again has not been written; its tensor's counter still tells.
            if tensor.version != seen[0] if tensor.absent else look(tensor) != seen:
                what = f"input {position}" if position < len(self.inputs) else "the result"
                raise GradientError(
                    f"backward: {what} of {self.name} (shape {tensor.shape}) was written after the forward "
                    "pass, so its gradient would be wrong; write to tensors before the forward pass or after "
                    "backward(), or work on a copy"
                )


def sweep(root: Tensor, seed: np.ndarray) -> None:
    """Run the pullbacks behind `root`, newest first, then add the gradients of the leaves to their `.grad`.

    The leaves come last, so that a sweep that is refused half-way leaves every `.grad` as it was.
    """
    if root.node is None:
        root.accumulate(seed.copy())
        return
    gradients: dict[int, np.ndarray] = {root.node.serial: seed}
    owned: set[int] = set()  # gradients that nobody else holds: safe to add into
    queue = [(-root.node.serial, root.node)]
    leaves: list[tuple[Tensor, np.ndarray]] = []
    while queue:
        _, node = heapq.heappop(queue)
        dy = gradients.pop(node.serial)
        owned.discard(node.serial)
        grads = tuple(node.run(dy))
        for position, (tensor, wanted, grad) in enumerate(zip(node.release(), node.wanted, grads)):
            if tensor is None or not wanted or grad is None:
                continue
            # A pullback may hand back dy itself or one array twice; what is kept or added into must be ours alone.
            shared = any(
                other is not None and np.may_share_memory(grad, other)
                for other in (dy, *grads[:position], *grads[position + 1 :])
            )
            if tensor.node is None:
                leaves.append((tensor, grad.copy() if shared else grad))
            else:
                key = tensor.node.serial
                if key not in gradients:
                    gradients[key] = grad
                    if not shared and grad.flags.c_contiguous and grad.flags.writeable:
                        owned.add(key)
                    heapq.heappush(queue, (-key, tensor.node))
                elif key in owned:
                    kernels.add.add_to(gradients[key], grad)
                else:
                    gradients[key] = np.asarray(gradients[key] + grad)  # a sum without axes would be a number
                    owned.add(key)
        grad = None
        del dy, grads  # the next pullback runs without these gradients in memory
    for tensor, grad in leaves:
        tensor.accumulate(grad)
