"""Adapters of miseval."""
