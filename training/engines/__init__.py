"""Engines: what can serve a network, their artefacts, and how exactly each one answers."""
