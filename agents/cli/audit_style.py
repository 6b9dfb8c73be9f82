"""The style of the report: light and dark by the reader's choice, black on white in print, colours that all can tell.

The colours are Okabe and Ito's, which people with any kind of colour blindness can tell apart; lines differ in their
dashes, too, and classes of age in their lightness.
"""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1b1b; --soft: #575757; --rule: #d4d4d4; --card: #f4f5f7;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #a0558a; --bar: #0072b2; --mark: #d55e00;
  --s0: #cfe1f2; --s1: #a9cfe8; --s2: #7db8da; --s3: #539ecd; --s4: #3083bd; --s5: #1764a6;
  --s6: #094a88; --s7: #072f5f; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #ececec; --soft: #b0b3b8;
  --rule: #3a3f46; --card: #1e2329; --c0: #56b4e9; --c1: #e69f00; --c2: #2fc79b; --c3: #e39bc8; --bar: #56b4e9;
  --mark: #e69f00; --s0: #16324c; --s1: #1c456a; --s2: #225a8a; --s3: #2c70aa; --s4: #4389c4; --s5: #69a5d8;
  --s6: #97c4e8; --s7: #d0e5f6; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.7rem; margin: 0; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .4rem; border-bottom: 1px solid var(--rule); padding-bottom: .2rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p { margin: .3rem 0 .8rem; max-width: 46rem; }
p.lead, .note { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem; margin: 1.2rem 0; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: .4rem; padding: .6rem .8rem; }
.card b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: .85rem; }
figure { margin: .6rem 0 1rem; break-inside: avoid; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--ink); font-size: 11px; }
svg .axis { fill: var(--soft); text-anchor: middle; }
svg .mid { text-anchor: middle; }
svg .end { text-anchor: end; }
.grid, .base { stroke: var(--rule); stroke-width: 1; fill: none; }
.bar { fill: var(--bar); }
.far { stroke: var(--ink); stroke-width: 1.4; fill: none; }
.mark { fill: var(--mark); stroke: var(--paper); stroke-width: 1; }
.line { fill: none; stroke-width: 2.2; }
.l0 { stroke: var(--c0); }
.l1 { stroke: var(--c1); stroke-dasharray: 8 3; }
.l2 { stroke: var(--c2); stroke-dasharray: 2 3; }
.l3 { stroke: var(--c3); stroke-dasharray: 9 3 2 3; }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); } .s3 { fill: var(--s3); }
.s4 { fill: var(--s4); } .s5 { fill: var(--s5); } .s6 { fill: var(--s6); } .s7 { fill: var(--s7); }
.s0, .s1, .s2, .s3, .s4, .s5, .s6, .s7 { stroke: var(--soft); stroke-width: .6; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .82rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: .2rem 0; }
th, td { padding: .18rem .5rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { color: var(--soft); font-weight: 600; }
tr { break-inside: avoid; }
@media print { @page { size: A4; margin: 14mm; } body { max-width: none; padding: 0; font-size: 10.5pt; }
  .scroll { overflow: visible; } table { font-size: 8pt; } th, td { padding: .1rem .3rem; }
  h2, h3 { break-after: avoid; } thead { display: table-header-group; }
  .bar, .mark, .line, .far, rect, .card { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
