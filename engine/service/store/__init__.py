"""What a service keeps in the journal: one module a table."""
