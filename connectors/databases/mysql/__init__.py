"""MySQL and MariaDB, which speak one protocol."""
