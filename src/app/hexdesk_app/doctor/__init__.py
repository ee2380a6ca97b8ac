"""What can be wrong around a desk: its machine, its files, its process."""
