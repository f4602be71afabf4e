"""seg-metrics 1.2.8."""
