"""The hexdesk command: configuration, plugin loading, composition, life cycle."""
