"""Jobs as Kubernetes Jobs, each an exact copy of what one suspended CronJob says."""
