"""Predictions for rows of tables: one by one as JSON, by their ids, and in files."""
