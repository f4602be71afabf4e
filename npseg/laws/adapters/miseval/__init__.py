"""miseval 1.3.0."""
