"""Keeping the read model true to the log: catch up, rebuild, and say how far behind it is."""
