"""The style sheets of the pictures. Every selector starts at a class of ours, so that no notebook's page is changed."""

from __future__ import annotations

_LIGHT = """--wf-paper: #fff; --wf-ink: #1b2530; --wf-quiet: #5a6878; --wf-rule: #dbe1e9; --wf-line: #9aa7b6;
  --wf-chip: #f1f4f8; --wf-card: #fff; --wf-card-rim: #c3ccd8; --wf-card-badge: #eef1f5; --wf-card-word: #506073;
  --wf-fork: #f3f0fb; --wf-fork-rim: #b3a5dd; --wf-fork-badge: #e4ddf6; --wf-fork-word: #55409a;
  --wf-call: #ebf7f3; --wf-call-rim: #7fbfa6; --wf-call-badge: #d3ede3; --wf-call-word: #17604a;
  --wf-drum: #edf5fc; --wf-drum-rim: #8db8dc; --wf-drum-badge: #d6e8f7; --wf-drum-word: #17578c;
  --wf-sheet: #fdf5e8; --wf-sheet-rim: #dcb474; --wf-sheet-badge: #f8e5c4; --wf-sheet-word: #7d530c;
  --wf-new: #146c3a; --wf-warn: #8a5300; --wf-warn-paper: #fff6e0; --wf-link: #17578c; color-scheme: light"""
_DARK = """--wf-paper: #14191f; --wf-ink: #e4eaf1; --wf-quiet: #9babbb; --wf-rule: #2d3743; --wf-line: #637386;
  --wf-chip: #222b35; --wf-card: #1b222a; --wf-card-rim: #435060; --wf-card-badge: #2a343f; --wf-card-word: #b0bdcb;
  --wf-fork: #241f36; --wf-fork-rim: #6a5a9c; --wf-fork-badge: #382f57; --wf-fork-word: #cabdf3;
  --wf-call: #142b24; --wf-call-rim: #3d7c66; --wf-call-badge: #1d4538; --wf-call-word: #9edbc4;
  --wf-drum: #14293b; --wf-drum-rim: #3d6d97; --wf-drum-badge: #1f4161; --wf-drum-word: #a5d0f5;
  --wf-sheet: #2d2413; --wf-sheet-rim: #86693a; --wf-sheet-badge: #4a3a1a; --wf-sheet-word: #efcd91;
  --wf-new: #6ed49b; --wf-warn: #f2c46d; --wf-warn-paper: #2f2610; --wf-link: #8cc3f2; color-scheme: dark"""

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif'

# A notebook's theme wins over the system's: JupyterLab and VS Code name theirs on the body.
COLOURS = f"""
.wf-plan {{ {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ .wf-plan {{ {_DARK} }} }}
[data-jp-theme-light="true"] .wf-plan, .vscode-light .wf-plan {{ {_LIGHT} }}
[data-jp-theme-light="false"] .wf-plan, .vscode-dark .wf-plan {{ {_DARK} }}
@media print {{ .wf-plan.wf-plan {{ {_LIGHT} }} }}
"""

FIGURE = f"""
.wf-plan {{ color: var(--wf-ink); background: var(--wf-paper); font: 14px/1.45 {FONT}; text-align: left }}
figure.wf-plan {{ margin: 0; padding: 14px 16px 6px; border: 1px solid var(--wf-rule); border-radius: 10px }}
.wf-plan .wf-head-line {{ display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: baseline; margin: 0 }}
.wf-plan .wf-title {{ font-size: 16px; font-weight: 650; overflow-wrap: anywhere }}
.wf-plan .wf-engine {{ padding: 1px 9px; border-radius: 99px; background: var(--wf-drum-badge);
  color: var(--wf-drum-word); font-size: 12px; font-weight: 600; white-space: nowrap }}
.wf-plan .wf-counts, .wf-plan .wf-goal {{ color: var(--wf-quiet); font-size: 13px }}
.wf-plan .wf-goal {{ margin: 2px 0 0; max-width: 100ch; overflow-wrap: anywhere }}
.wf-plan .wf-notes {{ margin: 8px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--wf-warn);
  overflow-wrap: anywhere }}
.wf-plan .wf-drawing {{ overflow-x: auto; margin: 6px 0 0 }}
.wf-plan .wf-wide {{ position: relative; margin: 0 auto; width: fit-content; max-width: 100% }}
.wf-plan .wf-start {{ position: absolute; width: 0; height: 0; scroll-initial-target: nearest }}
.wf-plan svg {{ display: block; margin: 0 auto; max-width: 100%; height: auto; font-family: {FONT} }}
.wf-plan svg text {{ fill: var(--wf-ink); white-space: pre }}
.wf-plan svg .wf-name {{ font-size: 13.5px; font-weight: 650 }}
.wf-plan svg .wf-summary {{ font-size: 12px; fill: var(--wf-quiet) }}
.wf-plan svg .wf-new {{ font-size: 11.5px; font-weight: 600; fill: var(--wf-new) }}
.wf-plan svg .wf-type {{ font-size: 11.5px; font-weight: 400; fill: var(--wf-quiet) }}
.wf-plan svg .wf-gone {{ font-size: 11.5px; fill: var(--wf-quiet) }}
.wf-plan svg .wf-kind {{ font-size: 10.5px; font-weight: 600 }}
.wf-plan svg .wf-line {{ stroke: var(--wf-line); stroke-width: 1.4 }}
.wf-plan svg .wf-head {{ fill: var(--wf-line) }}
.wf-plan svg .wf-label {{ fill: var(--wf-chip); stroke: var(--wf-paper); stroke-width: 2 }}
.wf-plan svg .wf-flow {{ font-size: 11px; fill: var(--wf-quiet) }}
.wf-plan svg .wf-shape, .wf-plan svg .wf-rim {{ stroke-width: 1.2 }}
.wf-plan svg .wf-relation .wf-shape {{ fill: var(--wf-card); stroke: var(--wf-card-rim) }}
.wf-plan svg .wf-conditional .wf-shape {{ fill: var(--wf-fork); stroke: var(--wf-fork-rim) }}
.wf-plan svg .wf-call .wf-shape {{ fill: var(--wf-call); stroke: var(--wf-call-rim) }}
.wf-plan svg .wf-call .wf-badge {{ fill: var(--wf-call-badge) }}
.wf-plan svg .wf-call .wf-kind {{ fill: var(--wf-call-word) }}
.wf-plan svg .wf-source .wf-shape {{ fill: var(--wf-drum); stroke: var(--wf-drum-rim) }}
.wf-plan svg .wf-delivery .wf-shape {{ fill: var(--wf-sheet); stroke: var(--wf-sheet-rim) }}
.wf-plan svg .wf-source .wf-rim {{ stroke: var(--wf-drum-rim) }}
.wf-plan svg .wf-delivery .wf-rim {{ stroke: var(--wf-sheet-rim) }}
.wf-plan svg .wf-relation .wf-badge {{ fill: var(--wf-card-badge) }}
.wf-plan svg .wf-conditional .wf-badge {{ fill: var(--wf-fork-badge) }}
.wf-plan svg .wf-source .wf-badge {{ fill: var(--wf-drum-badge) }}
.wf-plan svg .wf-delivery .wf-badge {{ fill: var(--wf-sheet-badge) }}
.wf-plan svg .wf-relation .wf-kind {{ fill: var(--wf-card-word) }}
.wf-plan svg .wf-conditional .wf-kind {{ fill: var(--wf-fork-word) }}
.wf-plan svg .wf-source .wf-kind {{ fill: var(--wf-drum-word) }}
.wf-plan svg .wf-delivery .wf-kind {{ fill: var(--wf-sheet-word) }}
.wf-plan svg .wf-late .wf-shape {{ stroke-dasharray: 4 3 }}
.wf-plan svg a {{ text-decoration: none }}
.wf-plan svg .wf-step:hover .wf-shape {{ stroke: var(--wf-link); stroke-width: 2 }}
.wf-plan svg .wf-edge:hover .wf-line {{ stroke: var(--wf-link); stroke-width: 2.2 }}
.wf-plan svg .wf-edge:hover .wf-label {{ stroke: var(--wf-link); stroke-width: 1.5 }}
@media print {{ .wf-plan .wf-wide {{ min-width: 0 !important }} .wf-plan {{ print-color-adjust: exact }} }}
"""

PAGE = f"""
body {{ margin: 0 }}
body.wf-plan {{ font: 1rem/1.5 {FONT} }}
.wf-plan main {{ max-width: 76rem; margin: 0 auto; padding: 2.2rem 1.25rem 4rem }}
.wf-plan h1 {{ margin: 0; font-size: 1.75rem; line-height: 1.2; overflow-wrap: anywhere }}
.wf-plan h2 {{ margin: 2.6rem 0 .4rem; font-size: 1.2rem }}
.wf-plan h3 {{ margin: 0; font-size: 1.02rem; display: flex; flex-wrap: wrap; gap: .2rem .6rem; align-items: baseline;
  overflow-wrap: anywhere }}
.wf-plan .wf-kind-word {{ font-size: .75rem; font-weight: 600; padding: .06rem .55rem; border-radius: 99px }}
.wf-plan .wf-conditional .wf-kind-word {{ background: var(--wf-fork-badge); color: var(--wf-fork-word) }}
.wf-plan .wf-call .wf-kind-word {{ background: var(--wf-call-badge); color: var(--wf-call-word) }}
.wf-plan .wf-source .wf-kind-word {{ background: var(--wf-drum-badge); color: var(--wf-drum-word) }}
.wf-plan .wf-relation .wf-kind-word {{ background: var(--wf-card-badge); color: var(--wf-card-word) }}
.wf-plan .wf-delivery .wf-kind-word {{ background: var(--wf-sheet-badge); color: var(--wf-sheet-word) }}
.wf-plan .wf-lead {{ margin: .5rem 0 0; font-size: 1.08rem; max-width: 70ch; overflow-wrap: anywhere }}
.wf-plan .wf-facts {{ margin: .7rem 0 0; color: var(--wf-quiet); font-size: .92rem; overflow-wrap: anywhere }}
.wf-plan .wf-warning {{ margin: 1rem 0 0; padding: .6rem .9rem; border-left: 4px solid var(--wf-warn);
  background: var(--wf-warn-paper); border-radius: 0 6px 6px 0; font-size: .92rem; overflow-wrap: anywhere }}
.wf-plan .wf-warning small {{ display: block; color: var(--wf-quiet) }}
.wf-plan main > .wf-drawing {{ margin: 1.6rem 0 0 }}
.wf-plan section {{ margin: .9rem 0 0; padding: .9rem 1rem; border: 1px solid var(--wf-rule); border-radius: 9px;
  background: var(--wf-card); scroll-margin-top: 1rem }}
.wf-plan section:target {{ outline: 2px solid var(--wf-link) }}
.wf-plan section p {{ margin: .25rem 0 0; overflow-wrap: anywhere }}
.wf-plan .wf-from {{ color: var(--wf-quiet); font-size: .88rem }}
.wf-plan a {{ color: var(--wf-link) }}
.wf-plan ul.wf-columns {{ list-style: none; margin: .7rem 0 0; padding: 0; font-size: .88rem;
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: .1rem 1.4rem }}
.wf-plan ul.wf-columns li {{ display: flex; gap: .6rem; justify-content: space-between; padding: .16rem 0;
  border-bottom: 1px solid var(--wf-rule); overflow-wrap: anywhere }}
.wf-plan ul.wf-columns span {{ color: var(--wf-quiet); text-align: right }}
.wf-plan ul.wf-columns .wf-added b {{ color: var(--wf-new) }}
.wf-plan ul.wf-columns b {{ font-weight: 500 }}
.wf-plan ul.wf-columns .wf-added b::before {{ content: "+ " }}
.wf-plan details {{ margin: .7rem 0 0; font-size: .88rem }}
.wf-plan summary {{ cursor: pointer; color: var(--wf-quiet) }}
.wf-plan pre {{ margin: .4rem 0 0; padding: .7rem .8rem; background: var(--wf-chip); border-radius: 6px;
  font: .84rem/1.5 ui-monospace, "Cascadia Code", Menlo, Consolas, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere }}
@media (max-width: 40rem) {{ .wf-plan main {{ padding: 1.2rem .8rem 3rem }} .wf-plan h1 {{ font-size: 1.4rem }} }}
@media print {{ :root {{ font-size: 10.5px }} .wf-plan main {{ max-width: none; padding: 0 }}
  .wf-plan section {{ break-inside: avoid }} .wf-plan h2, .wf-plan h3 {{ break-after: avoid }}
  .wf-plan svg {{ width: auto; max-height: 82vh }} .wf-plan details:not([open]) {{ display: none }} }}
"""
