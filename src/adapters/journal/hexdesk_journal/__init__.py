"""The journal of the desk in framed, checksummed segments."""
