"""Workflows that begin when somebody sends an event."""
