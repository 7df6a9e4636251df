"""Tables out of the ledger, in formats that other programs read."""
