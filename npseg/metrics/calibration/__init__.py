"""Whether predicted probabilities are as often right as they say."""
