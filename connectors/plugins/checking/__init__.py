"""Whether a manifest holds what it says: its form, its templates, its examples, and its older version."""
