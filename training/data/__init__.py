"""Data sets of pictures: where they come from, how they are checked, and how they are split."""
