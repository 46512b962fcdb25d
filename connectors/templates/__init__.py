"""Templates of messages: values as people read them, escaped by where they stand, in three languages."""
