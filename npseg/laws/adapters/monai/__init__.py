"""Adapters of monai."""
