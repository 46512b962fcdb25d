"""Incremental reading: each run reads what is new since the last one that went well."""
