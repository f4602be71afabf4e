"""What is counted by pixels and class: the confusion matrix and every score that derives from it."""
