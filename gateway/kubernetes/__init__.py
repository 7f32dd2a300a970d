"""The Kubernetes API, as the parts of the gateway that need it ask it."""
