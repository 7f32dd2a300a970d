"""Tracking: runs, versions and aliases are told to MLflow and to Weights & Biases, which may be away at any time."""
