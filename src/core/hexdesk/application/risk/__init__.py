"""Risk beyond single orders: rules, the watch over results, the ladder, and capital."""
