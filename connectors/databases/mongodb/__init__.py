"""MongoDB: collections as frames, and frames as documents."""
