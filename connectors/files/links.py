"""Which addresses a link of a document may lead to."""

from __future__ import annotations

FOLLOWED = r"^(?i:https?://|ftp://|mailto:|tel:)[^\s\x00-\x1f\x7f]+$"
"""Nothing that runs, no file of the reader's. A page in a browser follows fewer: none of them opens ftp any more."""
