"""Benchmarks of table models: single rows, and files of many rows."""
