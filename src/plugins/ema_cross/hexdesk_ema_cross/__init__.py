"""Strategy: crossing of a fast and a slow EMA."""
