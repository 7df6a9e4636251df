"""The columnar copy of the log: sealed Parquet segments by customer bucket, and a manifest that names them."""
