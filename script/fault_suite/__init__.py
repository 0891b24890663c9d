"""Made-up input of every kind: each must be read right, or refused with a line that helps."""
