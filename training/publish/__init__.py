"""Publish: export, convert, prove over the real server, and only then make the version visible."""

from training.publish.publisher import Publication, publish

__all__ = ["Publication", "publish"]
