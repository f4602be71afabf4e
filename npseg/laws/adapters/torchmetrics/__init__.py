"""Adapters of torchmetrics."""
