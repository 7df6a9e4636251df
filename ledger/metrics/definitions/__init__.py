"""The definitions of the metrics, by what they are about; `ledger.metrics.registry` has them all by name."""
