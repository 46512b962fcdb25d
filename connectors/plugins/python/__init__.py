"""Plugins whose actions are functions of an installed package."""
