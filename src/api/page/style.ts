/** Style of the pages, dark or light as the reader's system is. */
export const PAGE_STYLE = `:root {
  color-scheme: light dark;
  --ink: light-dark(#16242c, #e3ecf0);
  --soft: light-dark(#55666f, #9db0b9);
  --ground: light-dark(#f4f8fa, #10181d);
  --card: light-dark(#ffffff, #18232a);
  --line: light-dark(#d5e0e5, #2b3a43);
  --mark: light-dark(#0d6f8c, #4db8d8);
  --bad: light-dark(#a8261d, #ff8f85);
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 64rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; display: flex; gap: .5rem; align-items: center; }
h2 { font-size: 1rem; margin: 0 0 .5rem; color: var(--mark); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .5rem; }
#state { margin: 0; color: var(--soft); }
#state.bad, .bad { color: var(--bad); }
main { display: grid; gap: 1rem; margin: 1rem 0; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); }
main.text { display: block; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 0 0 1rem; }
main:not(.text) > section { margin: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.id, code, pre { font-family: ui-monospace, monospace; font-size: .875rem; }
pre { overflow-x: auto; background: var(--ground); border: 1px solid var(--line); border-radius: .25rem; padding: .5rem; }
ol { margin: 0; padding-left: 1.25rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); }
a { color: var(--mark); }
.method { font-weight: 600; color: var(--mark); }
footer { color: var(--soft); display: flex; gap: 1rem; }
`
