"""Laws of scores that are made of counts of pixels: IoU, Dice, accuracies, and the confusion matrix itself."""
