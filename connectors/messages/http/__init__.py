"""Posts to an address of a service."""
