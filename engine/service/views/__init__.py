"""What a service shows of itself: read models, for the API and for the pages alike."""
