"""What a desk keeps of its past: its read model, what feeds it, samples of equity."""
