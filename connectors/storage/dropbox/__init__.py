"""Dropbox over HTTP."""
