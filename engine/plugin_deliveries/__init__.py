"""Sources that are targets by an action of a plugin: `data` is written with it after the other deliveries."""
