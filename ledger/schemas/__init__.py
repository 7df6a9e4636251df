"""The contracts at the edge: what an event must be on the wire, and how a company declares types of its own."""
