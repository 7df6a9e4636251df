"""Simulated power loss: a recorder of what a process asks of its disk, and a disk that forgets what was not synced."""
