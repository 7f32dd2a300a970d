"""What was predicted, for whom, and how it turned out."""
