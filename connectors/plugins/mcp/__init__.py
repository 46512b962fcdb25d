"""Servers of the Model Context Protocol as plugins: their tools are the actions."""
