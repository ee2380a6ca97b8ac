"""The first risk gate: limits of single orders."""
