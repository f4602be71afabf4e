"""Adapters of boundary_iou_api."""
