"""Google Drive over HTTP."""
