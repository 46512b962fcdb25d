"""Sources that are actions of plugins: their rows fetched page by page, and read as files are."""
