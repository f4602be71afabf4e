"""ONNX Runtime's and OpenVINO's share of the speed benchmark: inference of a graph that PyTorch exports.

Both get the model in eval mode, norms and all, and fold them themselves; both get all threads and are set for the
latency of one batch.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from subjects import Subject
from turns import THREADS


def onnxruntime_infer(**subject: Any) -> Callable[[], np.ndarray]:
    """Logits of a batch by ONNX Runtime, shown as (N, H, W, K)."""
    import onnxruntime

    work = Subject(**subject)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    with tempfile.TemporaryDirectory() as directory:
        path = export(work, Path(directory))
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: _images(work)}
    return lambda: session.run(None, feed)[0].transpose(0, 2, 3, 1)


def openvino_infer(**subject: Any) -> Callable[[], np.ndarray]:
    """Logits of a batch by OpenVINO, shown as (N, H, W, K)."""
    import openvino

    work = Subject(**subject)
    with tempfile.TemporaryDirectory() as directory:
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": THREADS,
            "ENABLE_HYPER_THREADING": True,  # the processors of a virtual machine may be threads of one core
            "INFERENCE_PRECISION_HINT": "f32",  # or it may calculate in bfloat16 where the processor can
        }
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(str(export(work, Path(directory)))), "CPU", settings)
    images = _images(work)
    request = compiled.create_infer_request()

    def infer() -> np.ndarray:
        outputs = request.infer([images], share_inputs=True, share_outputs=True)
        return outputs[compiled.output(0)].transpose(0, 2, 3, 1)

    return infer


def export(work: Subject, directory: Path) -> Path:
    """The PyTorch model as an ONNX file."""
    import torch
    from peers_torch import build, input_tensor

    path = directory / "model.onnx"
    with warnings.catch_warnings():
        # The older exporter: the newer one needs onnxscript, and writes the same convolutions.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(build(work).eval(), (input_tensor(work, "nchw"),), str(path), dynamo=False)
    return path


def _images(work: Subject) -> np.ndarray:
    return np.ascontiguousarray(work.images().transpose(0, 3, 1, 2))
