"""Verbs that talk to a running desk over its control plane."""
