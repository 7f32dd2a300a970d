"""Jobs: retrains and evaluations, from the question to their end; the database holds them, so any gateway goes on."""
