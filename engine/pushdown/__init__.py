"""What of a plan runs in the database that its rows come from."""
