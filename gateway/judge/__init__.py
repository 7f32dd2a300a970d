"""The judge of canaries: numbers in, a verdict with reasons out. Only `reading` asks the database; all else is pure."""
