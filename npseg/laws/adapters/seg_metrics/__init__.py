"""Adapters of seg_metrics."""
