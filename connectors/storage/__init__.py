"""Where files are read from and delivered to: folders of this machine, and stores behind fsspec."""
