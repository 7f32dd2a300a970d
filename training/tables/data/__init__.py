"""The data of table models: where rows come from, what is in them, and where they can be put."""
