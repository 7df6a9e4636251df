"""The customer as an aggregate: its state, and what an append may refuse."""
