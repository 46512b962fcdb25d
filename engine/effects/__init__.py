"""Steps that take effect in the middle of a plan: calls of models and of plugins, whose results are rows again."""
