"""The control plane of a desk that runs: its files, and the process as it sees it."""
