"""What a workflow file says: its models, loading with positions, diagnostics, expressions."""
