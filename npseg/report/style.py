"""The one style sheet of all reports."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root {
  color-scheme: light dark; --ground: #fbfbfa; --card: #ffffff; --ink: #1d2329; --quiet: #5d6772;
  --line: #dfe3e7; --best: #eaf4ee; --worst: #fbe5e1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --card: #1c2024; --ink: #e4e8ec; --quiet: #98a3ae; --line: #333a41; --best: #1f3a2c;
    --worst: #52241f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 76rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
header { margin-bottom: 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 0 0 .9rem; }
p { max-width: 48rem; margin: 0 0 .9rem; }
.lead { font-size: 1.08rem; }
.lead, .note, caption, figcaption, dt { color: var(--quiet); }
.note { font-size: .9rem; }
section {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1.4rem;
  margin-bottom: 1.25rem;
}
.scroll { overflow-x: auto; margin-bottom: 1rem; }
.scroll:last-child { margin-bottom: 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; }
caption { text-align: left; font-size: .9rem; padding-bottom: .5rem; }
th, td {
  padding: .34rem .9rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line);
}
thead th { font-weight: 600; color: var(--quiet); }
th[scope=colgroup] { text-align: center; color: var(--ink); border-left: 1px solid var(--line); }
th[scope=row], thead th:first-child { text-align: left; font-weight: 500; padding-left: 0; }
tr:last-child > th[scope=row], tr:last-child > td { border-bottom: 0; }
.best {
  font-weight: 650; background: var(--best); border-radius: 4px; padding: .1rem .35rem; margin: 0 -.35rem;
}
.swatch {
  display: inline-block; width: .85em; height: .85em; border-radius: 3px; margin-right: .5em;
  vertical-align: -.08em; border: 1px solid color-mix(in srgb, var(--ink) 25%, transparent);
}
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; list-style: none; padding: 0; margin: 0 0 1rem; }
.charts + .note { margin: .8rem 0 0; }
.charts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1.25rem;
}
figure { margin: 0; min-width: 0; }
.chart figcaption { font-weight: 600; color: var(--ink); margin-bottom: .3rem; }
.chart img { display: block; width: 100%; max-width: 40rem; height: auto; }
.examples { display: grid; gap: .5rem; min-width: min-content; }
.examples > div { min-width: 6.5rem; font-size: .88rem; }
.examples .head { font-weight: 600; color: var(--quiet); align-self: end; }
.examples img { display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: 4px; }
.examples img { outline: 1px solid var(--line); }
.examples .name { grid-column: 1 / -1; color: var(--quiet); margin-top: .4rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); margin: 0; }
.facts { gap: .15rem 1.6rem; }
.facts div {
  display: flex; gap: .8rem; justify-content: space-between; border-bottom: 1px solid var(--line);
}
.facts dt, .facts dd { margin: 0; padding: .25rem 0; font-size: .93rem; }
.facts dd { text-align: right; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .2em; }
pre {
  overflow-x: auto; margin: .6rem 0; padding: .8rem 1rem; background: var(--ground); border: 1px solid var(--line);
  border-radius: 6px; font-size: .84rem; line-height: 1.45;
}
summary { cursor: pointer; padding: .2rem 0; overflow-wrap: anywhere; }
.others > summary { color: var(--quiet); font-size: .9rem; }
.others td, .laws dd { text-align: left; white-space: normal; }
.broken pre { scroll-margin-top: 5rem; }
.matrix td { text-align: center; }
.matrix th, .matrix td { padding: .26rem .5rem; font-size: .88rem; }
.matrix .scroll { max-height: 85vh; overflow: auto; }
.matrix thead th { position: sticky; top: 0; background: var(--card); z-index: 1; text-align: center; }
.matrix th[scope=row], .matrix thead th:first-child { position: sticky; left: 0; background: var(--card); }
.matrix th:first-child { padding-left: 0; }
.matrix thead th:first-child { z-index: 2; text-align: left; }
.holds, .fails { border-radius: 4px; padding: .1rem .45rem; }
.holds { background: var(--best); }
.fails { background: var(--worst); font-weight: 650; text-decoration: none; }
.laws dt { font-weight: 600; color: var(--ink); margin-top: .9rem; }
.laws dd { margin: 0; max-width: 60rem; }
@media print {
  section { break-inside: avoid; }
  body { background: none; }
}
"""
