"""Autoscaling: targets and behaviour, derived from a model's measured service time."""
