"""The verbs that manage users, keys and the database: on the database itself, so that they work without a gateway."""
