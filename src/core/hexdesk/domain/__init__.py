"""Values, instruments, orders, positions and events; pure, synchronous, exact."""
