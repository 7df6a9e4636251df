"""Who runs the folds: the caller, or worker processes."""
