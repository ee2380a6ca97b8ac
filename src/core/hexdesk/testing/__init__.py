"""Fakes, strategies for Hypothesis and conformance kits."""
