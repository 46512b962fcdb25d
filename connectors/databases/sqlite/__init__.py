"""SQLite: databases that are files."""
