"""The command `weirflow`: each module parses its arguments, calls the engine once, prints, and returns an exit code."""
