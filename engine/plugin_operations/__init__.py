"""Actions of plugins as steps (section 10), sources, and ways to send: from a document's config to calls."""
