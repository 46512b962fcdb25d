"""Colours of cells: #rrggbb, #rgb, or a name that the web knows."""

from __future__ import annotations

import re

NAMES = {
    "black": "#000000", "silver": "#c0c0c0", "gray": "#808080", "grey": "#808080", "white": "#ffffff",
    "maroon": "#800000", "red": "#ff0000", "purple": "#800080", "fuchsia": "#ff00ff", "magenta": "#ff00ff",
    "green": "#008000", "lime": "#00ff00", "olive": "#808000", "yellow": "#ffff00", "navy": "#000080",
    "blue": "#0000ff", "teal": "#008080", "aqua": "#00ffff", "cyan": "#00ffff", "orange": "#ffa500",
    "brown": "#a52a2a", "pink": "#ffc0cb", "gold": "#ffd700", "violet": "#ee82ee", "indigo": "#4b0082",
    "coral": "#ff7f50", "salmon": "#fa8072", "tomato": "#ff6347", "crimson": "#dc143c", "khaki": "#f0e68c",
    "lavender": "#e6e6fa", "beige": "#f5f5dc", "ivory": "#fffff0", "turquoise": "#40e0d0", "orchid": "#da70d6",
    "plum": "#dda0dd", "tan": "#d2b48c", "sienna": "#a0522d", "chocolate": "#d2691e", "peru": "#cd853f",
    "darkred": "#8b0000", "darkgreen": "#006400", "darkblue": "#00008b", "darkorange": "#ff8c00",
    "darkgray": "#a9a9a9", "darkgrey": "#a9a9a9", "lightred": "#ff8080", "lightgreen": "#90ee90",
    "lightblue": "#add8e6", "lightyellow": "#ffffe0", "lightgray": "#d3d3d3", "lightgrey": "#d3d3d3",
    "lightpink": "#ffb6c1", "lightcoral": "#f08080", "lightcyan": "#e0ffff", "firebrick": "#b22222",
    "forestgreen": "#228b22", "seagreen": "#2e8b57", "steelblue": "#4682b4", "royalblue": "#4169e1",
    "skyblue": "#87ceeb", "slategray": "#708090", "slategrey": "#708090", "mistyrose": "#ffe4e1",
    "honeydew": "#f0fff0", "whitesmoke": "#f5f5f5", "palegreen": "#98fb98", "peachpuff": "#ffdab9",
}  # fmt: skip
"""The names that can be written, with their values."""


def colour_value(text: str) -> str | None:
    """`text` as #rrggbb in small letters, None where it is no colour."""
    word = text.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{6}", word):
        return word
    if re.fullmatch(r"#[0-9a-f]{3}", word):
        return "#" + "".join(each * 2 for each in word[1:])
    return NAMES.get(word)
