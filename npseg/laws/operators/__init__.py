"""Laws of the operators that networks are made of: convolutions, resizing, pooling, and their derivatives."""
