"""Rollouts: which version of a model answers, changed by one transition function and kept in the database."""
