"""The simulated venue: matching in process, or as a process of its own."""
