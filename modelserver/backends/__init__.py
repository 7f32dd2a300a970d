"""Triton backends written in Python; each `<name>/model.py` runs inside a stub process of Triton."""
