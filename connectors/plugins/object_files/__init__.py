"""Plugins that are stores of files."""
