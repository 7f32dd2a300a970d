"""Comparing two versions of a model: their figures side by side and, on the same test pictures, picture by picture."""
