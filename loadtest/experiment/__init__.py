"""Scaling experiments: the same load on several numbers of replicas, recorded second by second."""
