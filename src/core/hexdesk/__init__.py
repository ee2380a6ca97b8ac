"""The core of a trading desk: domain, ports, desk, plugin contract and conformance kit."""

__version__ = "0.1.0"
