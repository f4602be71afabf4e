"""Other people's weights: safetensors files and PyTorch state dicts."""

from __future__ import annotations

from npseg.interop.pytorch import load_torch, torch_state_dict
from npseg.interop.safetensors import read_safetensors, write_safetensors

__all__ = ["load_torch", "read_safetensors", "torch_state_dict", "write_safetensors"]
