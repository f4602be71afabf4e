"""panopticapi, as the distribution panopticapi-lite 0.2.0 packages it."""
