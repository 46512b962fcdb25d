"""The colours of charts: they print, and readers who see few colours tell them apart."""

from __future__ import annotations

INK = "#1F2933"
QUIET = "#66788A"
RULE = "#DDE4EC"
AXIS = "#9AA8B6"
ACCENT = "#1F4E79"
WHITE = "#FFFFFF"
OTHER = "#7A7A7A"
"""The slice that is all the others together."""
PALETTE = ("#1F4E79", "#D9822B", "#4C9F70", "#8E6BBF", "#C8553D", "#5B8DB8", "#B8A13A", "#7A7A7A")


def tint(color: str, share: float) -> str:
    """The colour mixed with white; `share` of 0 is white."""
    parts = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * share):02X}" for part in parts)
