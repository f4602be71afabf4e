"""Adapters of npseg."""
