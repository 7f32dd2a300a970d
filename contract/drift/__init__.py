"""Drift: what a version's inputs and answers looked like when it was published, and how far the present is from that."""
