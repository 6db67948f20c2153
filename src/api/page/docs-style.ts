/** Style of the page that documents the API, beside that of all pages. */
export const DOCS_STYLE = `.docs { max-width: 84rem; display: grid; grid-template-columns: 15rem minmax(0, 1fr); column-gap: 2rem; }
.docs > header { grid-column: 1 / -1; margin-bottom: 1rem; }
.docs > header p { display: flex; gap: 1rem; margin: 0; }
.docs > main { margin: 0; }
.docs nav { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto; font-size: .875rem; }
.docs nav summary { font-weight: 600; }
.docs nav ul { list-style: none; margin: .25rem 0 .75rem; padding: 0; }
.docs nav ul ul { margin: 0 0 .75rem .75rem; }
.docs nav ul ul a { display: block; padding: .125rem 0; overflow-wrap: anywhere; text-decoration: none; }
.docs nav a:hover { text-decoration: underline; }
.docs nav > details > ul > li > a { color: var(--soft); text-decoration: none; }
.docs article { border-top: 1px solid var(--line); padding: 1rem 0; scroll-margin-top: 1rem; }
.docs article:target { box-shadow: -4px 0 0 var(--mark); padding-left: .75rem; }
.docs h3 { margin: 0 0 .25rem; display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
.docs h3 a { color: inherit; text-decoration: none; }
.docs h3 a:hover { text-decoration: underline; }
.docs p { margin: 0 0 .5rem; overflow-wrap: anywhere; }
.docs .answer { margin-top: .75rem; }
.docs pre { margin: .5rem 0; padding: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 24rem; overflow-y: auto; border-radius: var(--radius); }
.docs summary { cursor: pointer; color: var(--soft); width: fit-content; padding: .125rem 0; }
.docs .wide { overflow-x: auto; margin: .5rem 0; }
.docs td:last-child, .docs th:last-child { padding-right: 0; min-width: 12rem; }
.docs td code { overflow-wrap: anywhere; }
.docs .route code { font-size: 1rem; overflow-wrap: anywhere; }
.method { display: inline-block; min-width: 4rem; text-align: center; border-radius: .25rem; padding: 0 .5rem; font: 600 .8125rem/1.5rem var(--mono);
  color: var(--mark); background: var(--mark-soft); }
.method.post, .method.put { color: var(--good); background: var(--good-soft); }
.method.patch { color: var(--warn); background: var(--warn-soft); }
.method.delete { color: var(--bad); background: var(--bad-soft); }
.token { font-size: .8125rem; font-weight: 400; color: var(--warn); background: var(--warn-soft); border-radius: .25rem; padding: 0 .5rem; }
@media (max-width: 52rem) {
  .docs { display: block; padding: 1rem; }
  .docs nav { position: static; max-height: 40vh; margin-bottom: 1rem; padding: .5rem .75rem; background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); }
  .docs section { padding: .75rem; }
}
`
