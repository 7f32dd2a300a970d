"""Models that sleep while nobody asks for them."""
