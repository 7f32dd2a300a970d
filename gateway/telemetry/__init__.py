"""What the gateway tells about itself: logs, traces, metrics of its service level."""
