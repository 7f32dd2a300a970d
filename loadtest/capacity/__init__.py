"""What a cluster would do under a load: arrivals, batching, the autoscaler, starts of replicas and nodes, simulated."""
