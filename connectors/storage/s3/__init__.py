"""S3 and what speaks its language: AWS, MinIO, R2 and others."""
