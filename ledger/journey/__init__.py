"""The journey: its stages, the rules that infer them, the channels, and where a customer stood at each event."""
