"""What was predicted, read back: single predictions, counts over time, and how it turned out."""
