"""Systems that a workflow reads from and acts on, each of them a manifest: data, not code."""
