"""E-mail through a server of SMTP."""
