"""The use cases that read: one customer, lists of customers, figures, and the proof that all is well."""
