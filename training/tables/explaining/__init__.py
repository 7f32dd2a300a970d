"""Making a version's explanations from a fitted model, while it is in memory."""
