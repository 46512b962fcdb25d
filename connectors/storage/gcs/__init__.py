"""Google Cloud Storage: buckets of objects."""
