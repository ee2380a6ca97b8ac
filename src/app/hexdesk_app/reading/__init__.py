"""Journals and histories, read back and put into words."""
