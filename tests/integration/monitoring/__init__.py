"""What the chart's rules are tried on."""
