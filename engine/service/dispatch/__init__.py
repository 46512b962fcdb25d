"""Who carries out which run: a durable queue behind a small port."""
