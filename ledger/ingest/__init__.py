"""Import: a mapping file says how the rows of CSV, JSON lines and Parquet files become events."""
