/** Style of the pages, dark or light as the reader's system is; colours and measures are those of the web app (web/src/styles/tokens.css). */
export const PAGE_STYLE = `:root {
  color-scheme: light dark;
  --ink: light-dark(#14232b, #e4edf1);
  --soft: light-dark(#51636d, #9fb2bc);
  --ground: light-dark(#f3f7f9, #0f171c);
  --card: light-dark(#ffffff, #17222a);
  --line: light-dark(#d3dfe4, #2a3a44);
  --mark: light-dark(#0b6a87, #54bddb);
  --mark-soft: light-dark(#d7ecf3, #133845);
  --good: light-dark(#1c7a45, #6fd39b);
  --good-soft: light-dark(#dcf3e5, #14382a);
  --warn: light-dark(#8a5a00, #f0bf5f);
  --warn-soft: light-dark(#fbefd4, #3a2d10);
  --bad: light-dark(#a8261d, #ff9389);
  --bad-soft: light-dark(#fbe3e1, #42201d);
  --radius: 0.5rem;
  --text: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Noto Sans Mono", monospace;
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 64rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 var(--text); }
h1 { font-size: 1.5rem; margin: 0; display: flex; gap: .5rem; align-items: center; }
h2 { font-size: 1rem; margin: 0 0 .5rem; color: var(--mark); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .5rem; }
#state { margin: 0; color: var(--soft); }
#state.bad, .bad { color: var(--bad); }
.soft { color: var(--soft); }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; border-radius: 3px; }
main { display: grid; gap: 1rem; margin: 1rem 0; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); }
main.text { display: block; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 0 0 1rem; }
main:not(.text) > section { margin: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.id, code, pre { font-family: var(--mono); font-size: .875rem; }
pre { overflow-x: auto; background: var(--ground); border: 1px solid var(--line); border-radius: .25rem; padding: .5rem; }
ol { margin: 0; padding-left: 1.25rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); }
a { color: var(--mark); }
footer { color: var(--soft); display: flex; gap: 1rem; }
`
