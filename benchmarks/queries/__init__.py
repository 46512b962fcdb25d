"""Twelve queries as workflows and as written by hand for each engine: what weirflow adds to the engine's own cost."""
