"""Laws of losses: functions of logits and labels that a network is trained to make small."""
