"""Laws of panoptic quality: objects matched one to one, with void and crowds."""
