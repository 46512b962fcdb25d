"""The driver http: what a manifest says of requests, sent."""
