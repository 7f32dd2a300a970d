"""A run's figures and curves as plain files, for tools that compare runs."""
