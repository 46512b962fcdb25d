"""What the rows of a workflow become: one module per operation, each lowered to Polars and to SQL."""
