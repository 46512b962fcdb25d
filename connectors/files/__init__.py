"""Files as sources and as deliveries: one module per format."""
