"""Keeps the version cards of an S3 store in a folder, where the gateway reads them: `python -m gateway.mirror`.

A sidecar of the gateway, with its own credentials. It copies cards only, never a model's files.
"""
