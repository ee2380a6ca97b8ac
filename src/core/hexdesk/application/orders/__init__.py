"""An order's way out and back, and the orders that hang together."""
