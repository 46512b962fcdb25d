"""What webhooks bring: payloads read, held to their schema, and made rows."""
