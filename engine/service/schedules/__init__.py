"""Workflows that begin at a time or after something has happened."""
