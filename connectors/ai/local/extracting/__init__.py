"""Values found in a text by how they are written and by the labels beside them."""
