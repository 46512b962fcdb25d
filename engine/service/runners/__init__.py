"""The processes that runs are carried out in."""
