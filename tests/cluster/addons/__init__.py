"""What a cluster has only where the suite is asked for it (`TRIREME_CLUSTER_ADDONS`)."""
