"""Models behind a service that speaks as OpenAI's does."""
