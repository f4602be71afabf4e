"""PyTorch 2.13."""
