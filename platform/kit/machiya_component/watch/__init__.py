"""Data watch: statistics of a table against those of the last good runs, judged by thresholds of its contract."""
