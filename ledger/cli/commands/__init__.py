"""The commands, one file each: `run` is the command."""
