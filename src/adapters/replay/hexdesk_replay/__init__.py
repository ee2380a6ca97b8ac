"""Recorded market data as a feed, at a chosen speed."""
