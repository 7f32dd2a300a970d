"""Where rows lie: SQLite on a laptop, PostgreSQL where several gateways share one state."""
