"""`hexdesk why`: what an order followed from, and what became of it."""
