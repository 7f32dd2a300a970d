"""The kinds of callers that Locust plays."""
