"""The figures of each metric, by family: rows from the store, cut as asked, and handed to `ledger.metrics`."""
