// The style sheet of the HTML report: colours apart for colour-blind readers on light and dark, one column on a phone, and print.
R"css(
:root {
  --paper: #fff; --raised: #f5f6f8; --ink: #1c2126; --soft: #59626c; --rule: #d9dde2; --frame: #7b858f;
  --posterior: #0067a5; --band: #0067a52e; --plugin: #b54708; --observed: #b54708; --prior: #4b5560; --bar: #b9c1ca;
  --draw: #0067a540; --good: #00694f; --poor: #a33c00; --focus: #0067a5;
  --chain0: #0067a5; --chain1: #c2500a; --chain2: #007a5a; --chain3: #9c3d78; --chain4: #6f6200; --chain5: #30363c;
  color-scheme: light;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #15191d; --raised: #1e242a; --ink: #e8ebee; --soft: #a7b0b9; --rule: #343c44; --frame: #7f8a95;
    --posterior: #62b5ec; --band: #62b5ec3d; --plugin: #f29b5c; --observed: #f29b5c; --prior: #b4bcc4; --bar: #535e69;
    --draw: #62b5ec4d; --good: #4fcba3; --poor: #f29b5c; --focus: #62b5ec;
    --chain0: #62b5ec; --chain1: #f29b5c; --chain2: #4fcba3; --chain3: #e59ac6; --chain4: #d9c850; --chain5: #dfe3e7;
    color-scheme: dark;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.2rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
  "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
header, main { max-width: 1160px; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.6rem; }
.kind { margin: 0; color: var(--soft); }
h1 { margin: .2rem 0 1rem; font: 600 1.5rem/1.35 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; overflow-wrap: anywhere; }
h2 { margin: 0 0 .4rem; font-size: 1.45rem; line-height: 1.3; }
h3 { margin: 1.4rem 0 0; font-size: 1.05rem; overflow-wrap: anywhere; }
h3 small { color: var(--soft); font-weight: 400; margin-left: .5em; }
nav { position: sticky; top: 0; z-index: 2; display: flex; gap: .2rem .95rem; overflow-x: auto; background: var(--paper);
  border-block: 1px solid var(--rule); padding: .55rem max(1.25rem, calc((100vw - 1160px) / 2 + 1.25rem)); white-space: nowrap;
  scrollbar-width: thin; font-size: .92rem; }
a { color: var(--posterior); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
section { padding: 2.4rem 0 1.2rem; border-bottom: 1px solid var(--rule); }
section:last-child { border-bottom: 0; }
.how { max-width: 46rem; margin: 0 0 1.1rem; color: var(--soft); }
.how strong { color: var(--ink); font-weight: 600; }
.note, .told, .colours { margin: .3rem 0; color: var(--soft); font-size: .92rem; }
.finding { margin: .2rem 0; color: var(--poor); font-size: .92rem; font-weight: 600; }
.formula { margin: .3rem 0; padding: .7rem 1rem; background: var(--raised); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere;
  font: 1rem/1.5 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
.formula code { font: inherit; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .25rem 1.4rem; margin: 1rem 0; }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.verdict { max-width: 52rem; margin: 1rem 0; padding: 1.1rem 1.4rem; border-left: 6px solid var(--good); background: var(--raised);
  border-radius: 0 8px 8px 0; font-size: 1.35rem; line-height: 1.45; }
.verdict span { color: var(--good); font-weight: 700; margin-right: .3em; }
.verdict.poor { border-color: var(--poor); }
.verdict.poor span { color: var(--poor); }
.warnings { max-width: 52rem; padding-left: 1.2rem; }
.warnings p { margin: .2rem 0; }
.warnings li { margin-bottom: .8rem; }
.grid { display: grid; gap: 1.2rem 1.6rem; align-items: start; }
.grid > * { min-width: 0; }
.two { grid-template-columns: repeat(auto-fill, minmax(min(100%, 27rem), 1fr)); }
.three { grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
figure { margin: 0; break-inside: avoid; }
section > figure { margin-top: 1.6rem; }
figcaption { font-weight: 600; overflow-wrap: anywhere; }
.parameter figcaption { font-weight: 400; color: var(--soft); font-size: .92rem; }
.plot { display: block; width: 100%; height: auto; overflow: visible; }
.plot.wide { max-width: 760px; }
text { fill: var(--soft); font: 11.5px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.mid { text-anchor: middle; } .end { text-anchor: end; } .title { fill: var(--ink); }
line.grid { stroke: var(--rule); } line.axis { stroke: var(--frame); }
line.grid, line.axis, line.rule { stroke-width: 1; }
.rule { stroke: var(--frame); stroke-width: 1.3; }
.rule.expected { stroke: var(--ink); stroke-dasharray: 5 4; }
.limit { stroke: var(--observed); stroke-dasharray: 7 4; stroke-width: 1.5; }
path.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.line.posterior, .line.interval, .line.mean { stroke: var(--posterior); }
.line.mean { stroke-width: 1.2; }
.line.strong { stroke-width: 2.6; }
.line.interval { stroke-width: 1.8; }
.line.interval.wide { stroke-width: 3.2; }
path.line.prior { stroke: var(--prior); stroke-width: 1.1; stroke-dasharray: 5 4; }
path.line.draw { stroke: var(--draw); stroke-width: .9; }
path.line.plugin { stroke: var(--plugin); stroke-width: 2.4; stroke-dasharray: 9 5; stroke-linecap: butt; }
path.line.rug { stroke: var(--ink); stroke-width: .8; stroke-opacity: .55; }
path.line.ideal { stroke: var(--frame); stroke-width: 1.2; }
path.line.trace { stroke-width: .9; }
path.line.ranks { stroke-width: 1.7; stroke-linejoin: miter; }
.dashed { stroke-dasharray: 5 3; }
.chain0 { stroke: var(--chain0); } .chain1 { stroke: var(--chain1); } .chain2 { stroke: var(--chain2); }
.chain3 { stroke: var(--chain3); } .chain4 { stroke: var(--chain4); } .chain5 { stroke: var(--chain5); }
.off { display: none; }
.band { fill: var(--band); stroke: none; }
.band.over { stroke: var(--posterior); stroke-width: 1; pointer-events: none; }
.fill.mean { fill: var(--posterior); stroke: var(--paper); stroke-width: .8; }
.fill.mean.light { fill-opacity: .65; stroke: none; }
.fill.observed { fill: var(--observed); stroke: var(--paper); stroke-width: 1; }
.fill.plugin { fill: var(--plugin); stroke: var(--paper); stroke-width: .8; }
.fill.draw { fill: var(--draw); }
.fill.bar { fill: var(--bar); stroke: var(--frame); stroke-width: .8; }
.fill.bar.outside { fill: var(--observed); }
.cell { shape-rendering: crispEdges; }
path.contour { stroke: #000; stroke-width: 1.8; stroke-linecap: round; fill: none; }
path.contour.halo { stroke: #fff; stroke-width: 4; }
.key path.draw { stroke-width: 2.2; }
.key path.rug { stroke-width: 1.6; stroke-opacity: 1; }
.colours span { white-space: nowrap; }
.key .contour { stroke: var(--ink); }
.seen { fill: #000; stroke: #fff; stroke-width: 1; }
.seen.other { fill: #fff; stroke: #000; stroke-width: 1.1; }
.listener { fill: transparent; }
.listener:hover { fill: var(--frame); fill-opacity: .18; }
.key { width: 26px; height: 12px; vertical-align: -1px; overflow: visible; }
.colours .key { width: 130px; height: 12px; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; list-style: none; margin: 0 0 .9rem; padding: 0; font-size: .92rem; }
.forest { container-type: inline-size; }
.rows.long { max-height: min(225cqw, 85vh); overflow-y: auto; border-block: 1px solid var(--rule); }
.rows svg { display: block; width: 100%; height: auto; overflow: visible; }
.row:hover text { fill: var(--ink); }
.head { position: sticky; bottom: 0; background: var(--paper); }
button { font: inherit; font-size: .92rem; color: var(--ink); background: var(--raised); border: 1px solid var(--frame); border-radius: 6px;
  padding: .2rem .7rem; cursor: pointer; }
button[aria-pressed="true"] { border-color: var(--posterior); box-shadow: inset 0 0 0 1px var(--posterior); }
button[data-toggle][aria-pressed="false"] { opacity: .6; text-decoration: line-through; }
.chains-shown, .sorts { display: flex; flex-wrap: wrap; gap: .4rem; margin: .4rem 0 .6rem; }
html:not(.scripted) .sorts { display: none; }
html:not(.scripted) .chains-shown button { pointer-events: none; border: 0; box-shadow: none; background: none; padding: 0 .5rem 0 0; }
.scroll { overflow: auto; max-width: 100%; margin: .5rem 0; }
.scroll:has(.sortable) { max-height: 34rem; }
details .scroll { max-height: 22rem; }
details { margin: .3rem 0; font-size: .92rem; }
summary { cursor: pointer; color: var(--posterior); width: fit-content; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .2rem; }
th, td { padding: .28rem .8rem; text-align: left; border-bottom: 1px solid var(--rule); vertical-align: top; }
thead th { position: sticky; top: 0; background: var(--raised); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
.of-numbers { text-align: right; }
td:last-child:not(.number) { min-width: 11rem; }
.flag { color: var(--poor); font-weight: 700; }
th button { border: 0; background: none; padding: 0; font: inherit; font-weight: 600; text-align: inherit; }
th[aria-sort="ascending"] button::after { content: "\A0\2191"; }
th[aria-sort="descending"] button::after { content: "\A0\2193"; }
.tip { position: fixed; z-index: 3; left: 0; top: 0; max-width: min(22rem, 80vw); padding: .3rem .6rem; border-radius: 5px; background: var(--ink);
  color: var(--paper); font-size: .88rem; line-height: 1.35; pointer-events: none; overflow-wrap: anywhere; }
.tip[hidden] { display: none; }
@media (max-width: 640px) {
  header, main { padding: 0 .9rem; }
  nav { padding: .55rem .9rem; }
  h1 { font-size: 1.15rem; }
  .verdict { font-size: 1.15rem; padding: .9rem 1rem; }
  text { font-size: 13px; }
  .wide text { font-size: 17px; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
  th, td { padding: .28rem .5rem; }
  tbody th { min-width: 7.5rem; overflow-wrap: anywhere; }
}
@page { margin: 14mm; }
@media print {
  body { font-size: 10.5pt; }
  nav, details, .sorts, .tip { display: none; }
  .chains-shown { display: flex; } .chains-shown button { display: inline; border: 0; box-shadow: none; background: none; }
  main, header { max-width: none; padding: 0; }
  h2, h3, .how, .legend, .chains-shown, figcaption, caption { break-after: avoid; }
  h1, h2, h3, .parameter, .how, .note, .legend, .chains-shown, dl, table:not(.sortable), tr, .row, .verdict { break-inside: avoid; }
  .forest { container-type: normal; }
  figure:has(.rows.long) { break-inside: auto; }
  .scroll, .scroll:has(.sortable), .rows.long { max-height: none; overflow: visible; border: 0; }
  .head, thead th { position: static; }
  table { font-size: 8.5pt; }
  th, td { padding: .15rem .4rem; }
  .two { grid-template-columns: 1fr 1fr; }
  .three { grid-template-columns: 1fr 1fr 1fr; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css"
