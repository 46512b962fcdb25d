"""Steps that a model answers: rows as questions, answers as columns."""
