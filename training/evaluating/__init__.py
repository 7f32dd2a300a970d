"""Evaluating a published version over the served path: figures and curves of what a real server answers."""
