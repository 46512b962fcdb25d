"""Azure Blob Storage: containers of blobs."""
