"""Plugins that are MongoDB databases."""
