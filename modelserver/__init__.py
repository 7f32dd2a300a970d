"""The embedded Triton: finds the server in its wheel, starts it on loopback, loads what is served and heals it."""
