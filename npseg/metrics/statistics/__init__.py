"""How sure a score is: bootstrap intervals and paired comparison, over images or groups of them."""
