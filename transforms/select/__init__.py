"""A SELECT planned as the operations that its clauses are."""
