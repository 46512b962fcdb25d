"""Answers worked out on this machine: patterns and labels in the core, small models with the extra `ai-local`."""
