"""`trireme serve`: the embedded model server and the gateway, wired together on one machine."""
