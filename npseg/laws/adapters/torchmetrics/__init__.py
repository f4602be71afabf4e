"""torchmetrics 1.9.0."""
