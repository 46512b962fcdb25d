"""What is sent to people and services one by one: e-mails, posts to an address."""
