"""How often reconciliation tries before it asks a person."""

START_LOOKS_MAX = 3
"""So often a round is repeated at the start before what is left counts as unexplained."""
GHOST_CANCELS_MAX = 5
"""Cancels of one ghost order after which a person is asked."""
IGNORED_MAX = 1_000
"""Differences that a person told us to ignore; beyond it the oldest is forgotten."""
