"""Messages through actions of plugins."""
