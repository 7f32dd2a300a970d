"""What became of the inputs that versions were asked for: counts of each minute, of all gateways, in the database."""
