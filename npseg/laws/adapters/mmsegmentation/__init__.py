"""mmsegmentation 1.2.2."""
