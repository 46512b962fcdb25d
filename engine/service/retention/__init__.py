"""What a service keeps, and for how long."""
