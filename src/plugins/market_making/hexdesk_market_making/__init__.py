"""Strategy: two-sided quotes skewed by inventory."""
