"""What a desk knows as one value, and how a journal brings it back."""
