"""Adapters of surface_distance."""
