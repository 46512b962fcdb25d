"""Workflows that run by themselves: on a schedule, on a webhook, after an event, on demand."""
