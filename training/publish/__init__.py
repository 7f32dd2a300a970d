"""Publish: export, convert, prove over the real server, and only then make the version visible."""

from training.publish.evidence import CatalogData
from training.publish.publisher import Publication, publish

__all__ = ["CatalogData", "Publication", "publish"]
