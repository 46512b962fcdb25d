"""Mailboxes by IMAP: mails are searched, read, marked, moved and deleted."""
