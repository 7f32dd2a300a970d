"""Features by SQL: raw tables become a model's columns, in training and in serving alike."""
