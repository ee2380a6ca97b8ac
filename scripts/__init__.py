"""The project's own tools, each run as `python -m scripts.NAME` from the root."""
