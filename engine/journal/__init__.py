"""What is remembered from one run to the next: where incremental sources stand, and what was delivered."""
