"""Manifests drafted from OpenAPI documents: what such a document says of an operation, in the words of a manifest."""
