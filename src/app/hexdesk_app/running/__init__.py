"""A desk while it runs: feeds, clock, recovery, history, and how it begins and ends."""
