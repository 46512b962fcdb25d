"""How fast a workflow is on data of any size, made from its own sources."""
