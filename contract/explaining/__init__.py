"""Exact explanations of single predictions, by arrays that NumPy alone reads."""
