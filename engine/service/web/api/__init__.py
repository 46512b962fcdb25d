"""The REST API: one module a kind of thing, each with its ROUTES."""
