"""What answers the steps of `ai_operations`: models behind a service, models on this machine, patterns."""
