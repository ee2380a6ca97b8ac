"""The desk and its services; closed to plugins."""
