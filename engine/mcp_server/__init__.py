"""weirflow as a server of the Model Context Protocol: what an agent may ask of it, and how far it may go."""
