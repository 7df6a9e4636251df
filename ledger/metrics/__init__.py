"""From counts, sums and rows to figures: pure arithmetic that reads nothing and writes nothing."""
