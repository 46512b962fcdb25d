"""The databases and stores that a workflow reaches, and whether they can be reached."""
