"""The desk and its services: synchronous, deterministic, one writer. Closed to plugins."""
