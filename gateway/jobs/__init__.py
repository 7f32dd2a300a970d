"""Jobs: retrains, evaluations and drift reports, from the question to their end.

The database holds them, so any gateway goes on.
"""
