"""The `trireme` command, the Python client, and what wires the parts on a laptop."""
