"""The queries behind the figures: sets of rows from the read model and the log, the same on every database.

Each takes a connection whose tables are a read model (the live one, or one folded for the question in memory) and
gives rows; what they mean is for `ledger.metrics` to say.
"""
