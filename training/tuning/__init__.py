"""Choosing an engine by measurement: a grid, served by the real server under load, and a table."""
