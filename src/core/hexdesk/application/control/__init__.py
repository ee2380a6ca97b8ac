"""The use cases of operators: what the Control port does on a desk."""
