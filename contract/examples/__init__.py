"""Labelled examples that users upload: how they lie in the object store, for the gateway and for jobs."""
