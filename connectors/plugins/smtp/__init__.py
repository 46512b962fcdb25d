"""Plugins that send mail by SMTP."""
