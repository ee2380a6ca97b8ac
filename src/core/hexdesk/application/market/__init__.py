"""The latest state of every market, and what bars stand for."""
