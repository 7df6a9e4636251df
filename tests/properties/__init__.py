"""Laws that hold for every log, whatever its events and the order they arrive in."""
