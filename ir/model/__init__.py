"""The models of a workflow document, one module per section of the IR."""
