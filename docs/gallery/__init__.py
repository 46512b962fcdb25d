"""The pictures of docs/gallery.md, made from the example reports: `python -m docs.gallery`."""
