"""Versions on a cluster: each model has two slots, an InferenceService each, and a slot serves one version."""
