"""Requests over HTTP: one way for everything that asks or tells a service something."""
