"""Bring your own: a model that was trained elsewhere becomes a version like any other.

Nothing of an artefact is run before every operation in it is known to compute and nothing else.
"""
