"""The plan as a picture: a Mermaid flowchart, a drawing for notebooks, a page of its own.

Made from the steps alone: no row is read and no program is called, and the same plan gives the same text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.plan import Plan

# The modules are loaded by the first picture: a run draws none.


def mermaid(plan: Plan) -> str:
    """The graph as a Mermaid flowchart."""
    from engine.picture.flowchart import flowchart
    from engine.picture.later import all_steps

    return flowchart(all_steps(plan))


def figure(plan: Plan) -> str:
    """A heading and an inline SVG, for the output cell of a notebook."""
    from engine.picture.notebook import plan_figure

    return plan_figure(plan)


def page(plan: Plan) -> str:
    """A self-contained HTML page: the drawing, then each step with its columns and its SQL."""
    from engine.picture.web_page import plan_page

    return plan_page(plan)
