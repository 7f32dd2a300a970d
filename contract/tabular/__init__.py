"""Tables in files: CSV, Parquet, JSON Lines and Arrow IPC streams, read in chunks whatever their size."""
