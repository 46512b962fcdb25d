"""Messages: what they say, whom they go to, and that each goes out once."""
