"""Retraining of table models: uploaded rows, the base under them, and what callers said of past predictions."""
