"""Adapters of medpy."""
