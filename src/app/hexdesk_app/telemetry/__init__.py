"""Numbers and timelines of a running desk, published off its path; free where nobody asks."""
