"""Why there are as many replicas as there are: what HorizontalPodAutoscalers saw and did."""
