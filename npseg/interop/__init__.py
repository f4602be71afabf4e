"""Other people's weights: safetensors files and PyTorch state dicts."""

from __future__ import annotations

from npseg.interop.safetensors import read_safetensors, write_safetensors

__all__ = ["read_safetensors", "write_safetensors"]
