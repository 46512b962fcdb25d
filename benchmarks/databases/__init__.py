"""Reading from and writing to databases, beside the same done by hand with the fastest drivers."""
