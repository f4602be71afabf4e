"""Laws of distances between the boundaries of two masks, and of scores of their boundaries."""
