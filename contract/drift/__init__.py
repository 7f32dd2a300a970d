"""Drift: what a version's data and answers looked like when it was made, and how far the present is from that."""
