"""Plugins that are databases with SQL."""
