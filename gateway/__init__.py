"""The gateway: a REST API over the models of the repository, which Triton computes."""
