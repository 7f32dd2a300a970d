"""What an experiment is tried on: replicas on this machine, or on Kubernetes."""
