"""What happens to a connection before there is a request: limits of heads and connections, framing, and its end."""
