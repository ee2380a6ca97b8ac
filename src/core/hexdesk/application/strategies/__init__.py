"""Strategies inside the desk: hosted, called, loaded, saved."""
