"""The style of a page: on a wide screen, on a phone, and on paper."""

from __future__ import annotations

from connectors.files.report import Page, Report

_STYLE = """
:root { color-scheme: light; --accent: #1f4e79; --ink: #1f2933; --quiet: #66788a; --rule: #dde4ec; --band: #f3f6fa;
  --bar: #c9dbec; --bar-below: #f1cdc6; --start: left }
[dir=rtl] { --start: right }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth }
body { margin: 0; color: var(--ink); background: #fff; font: 14px/1.45 "Segoe UI", system-ui, -apple-system,
  "Noto Sans", Roboto, Helvetica, Arial, sans-serif; font-variant-numeric: tabular-nums lining-nums }
main { width: fit-content; min-width: min(100%, 46rem); max-width: min(100%, 90rem); margin: 0 auto;
  padding: 2.5rem 1.5rem }
.top { display: flex; gap: 1.2rem; align-items: flex-start; justify-content: space-between; margin-bottom: 1.6rem;
  padding-bottom: 1.1rem; border-bottom: 2px solid var(--accent) }
.top img { max-height: 3.4rem; max-width: 40% }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.25; color: var(--accent); text-wrap: balance }
h2 { margin: 0 0 .7rem; font-size: 1.25rem; line-height: 1.3; color: var(--accent) }
.top p, footer, .note { margin: .3rem 0 0; color: var(--quiet); font-size: .87rem }
.text { margin: 0 0 .9rem; max-width: 46rem; white-space: pre-line }
nav ol { display: flex; flex-wrap: wrap; gap: .35rem 1.4rem; margin: 0 0 2rem; padding: 0; list-style: none;
  font-size: .93rem }
a { color: var(--accent); text-decoration-color: #9ab4cd; text-underline-offset: .15em }
section { margin: 0 0 2.6rem; max-width: 100%; scroll-margin-top: 1rem }
.chart { margin: 0 0 1.4rem }
.chart svg { display: block; max-width: 100%; height: auto; overflow: visible }
.chart .narrow { display: none }
.box { overflow: auto; max-width: 100%; max-height: 94vh; max-height: 94dvh; border-radius: 5px;
  border-bottom: 1px solid var(--rule) }
.box:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
table { border-collapse: separate; border-spacing: 0; width: 100% }
h1, h2, p, th, td { text-align: var(--start); unicode-bidi: plaintext }
th, td { padding: .38rem .8rem; vertical-align: top }
thead th { position: sticky; top: 0; z-index: 1; background: var(--accent); color: #fff; font-weight: 600;
  vertical-align: bottom; padding: .55rem .8rem; white-space: nowrap }
td { border-bottom: 1px solid var(--rule); max-width: 34rem; overflow-wrap: break-word; white-space: pre-line }
.b { --at: 0%; --of: 0%; background: linear-gradient(var(--bar), var(--bar)) var(--at) 3px / var(--of) 1.6em no-repeat }
.plain tbody tr:nth-child(even) { background-color: var(--band) }
tbody tr:hover { background-color: #e6eef7 }
.r { text-align: right; white-space: nowrap } .c { text-align: center } .l { text-align: left }
.n { white-space: nowrap }
.w { min-width: 15rem }
.empty { color: var(--quiet); padding: 1rem .8rem }
tr.g th { background: var(--band); font-weight: 600; padding-top: .6rem; border-bottom: 1px solid var(--rule) }
tr.g0 th { color: var(--accent) } tr.g1 th { padding-inline-start: 1.5rem } tr.g2 th { padding-inline-start: 2.2rem }
tr.g3 th { padding-inline-start: 2.9rem }
tr.s th, tr.s td { border-top: 1px solid var(--quiet); border-bottom: 0; font-weight: 600; padding-bottom: .75rem }
tr.t th, tr.t td { border-top: 2px solid var(--accent); border-bottom: 0; font-weight: 700; color: var(--accent) }
td small { color: var(--quiet); font-weight: 400; font-size: .85em }
footer { margin-top: 2.2rem; padding-top: .7rem; border-top: 1px solid var(--rule); overflow-wrap: anywhere }
footer p { margin: .1rem 0 }
@media (max-width: 40rem) {
  main { padding: 1.2rem .9rem } h1 { font-size: 1.35rem } h2 { font-size: 1.12rem } .top img { max-height: 2.6rem }
  .chart .wide { display: none } .chart .narrow { display: block }
  th, thead th, td { padding-inline: .55rem } td { max-width: 17rem } td.w { min-width: 13rem }
}
@media print {
  main { width: 100%; max-width: none; padding: 0 } body { font-size: 9.5pt } section { margin-bottom: 1.6rem }
  .box { overflow: visible; max-height: none; border: 0 } thead { display: table-header-group }
  thead th { position: static } th, td { padding: .22rem .5rem } td { max-width: none } td.w { min-width: 0 }
  tr, svg { break-inside: avoid } h1, h2, .g { break-after: avoid } .s, .t, .note { break-before: avoid }
  nav { display: none } a { color: inherit; text-decoration: none } * { print-color-adjust: exact }
  .chart .wide { display: block } .chart .narrow { display: none } .chart svg { max-height: 45vh }
}
"""


def page_style(report: Report) -> str:
    return _STYLE + _paper(report.page)


def _paper(page: Page) -> str:
    """The pages of a print: the report's own size and margins, its footer, and the pages' numbers."""
    margins = page.margins
    sides = " ".join(f"{each:g}mm" for each in (margins.top, margins.right, max(margins.bottom, 12.0), margins.left))
    size = f"size: {page.size if page.size != 'tabloid' else '279mm 432mm'} {page.orientation or ''}".rstrip() + "; "
    size = size if page.orientation or page.size != "A4" else ""
    words = f"@bottom-left {{ content: {_quoted(page.footer)}; {_SMALL} }} " if page.footer else ""
    return (f"@page {{ {size}margin: {sides}; {words}"
            f'@bottom-right {{ content: counter(page) " / " counter(pages); {_SMALL} }} }}\n')  # fmt: skip


_SMALL = 'font: 8pt "Segoe UI", system-ui, "Noto Sans", sans-serif; color: #66788a'


def _quoted(text: str) -> str:
    """A string in CSS: letters and digits of ASCII as they are, all others by their number."""
    return '"' + "".join(each if each.isascii() and (each.isalnum() or each == " ") else f"\\{ord(each):x} "
                         for each in text.replace("\x00", "")) + '"'  # fmt: skip
