"""Hugging Face evaluate 0.4.6, with the definition of `mean_iou` that its hub serves."""
