"""Labelled examples that users upload: taking them in, keeping them, withdrawing them."""
