"""Positions and money of strategies and accounts."""
