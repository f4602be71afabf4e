"""Panoptic quality: objects matched one to one, from label maps and from COCO's files."""
