import { resolved } from '../document/names.ts'
import { type OpenApiDocument, type Operation, operationsOf } from '../document/openapi.ts'
import { shellQuoted } from './curl.ts'
import { escapeHtml, proseHtml } from './html.ts'
import { operationHtml } from './operation-html.ts'

export interface DocsOptions {
  /** Address by which the page was asked for, such as `http://127.0.0.1:8081`. */
  readonly origin: string
  /** The file with the token; of the index server there is none. */
  readonly tokenFile?: string
  /** Where the reader came from. */
  readonly home: { readonly href: string; readonly text: string }
}

/**
 * A page for people made of the OpenAPI document: every operation with its parameters, answers, failures and a command to try it. No script,
 * nothing from elsewhere.
 */
export function docsPage(document: OpenApiDocument, { origin, tokenFile, home }: DocsOptions): string {
  const { title, version, description = '' } = document.info
  const groups = (document.tags ?? []).map(({ name, description: text = name }) => ({
    ...{ name, text },
    operations: operationsOf(document).filter(({ operation }) => operation.tags?.includes(name)),
  }))
  const contents = groups.map(
    ({ name, text, operations }) =>
      `<li><a href="#group-${escapeHtml(name)}">${escapeHtml(text)}</a><ul>${operations
        .map(
          ({ operation: { operationId = '' } }) =>
            `<li><a href="#${escapeHtml(operationId)}">${escapeHtml(operationId)}</a></li>`,
        )
        .join('')}</ul></li>`,
  )
  const sections = groups.map(
    ({ name, text, operations }) =>
      `<section id="group-${escapeHtml(name)}"><h2>${escapeHtml(text)}</h2>${operations
        .map(({ method, path, operation }) =>
          operationHtml({ origin, method, path, operation: resolved(document, operation) as Operation }),
        )
        .join('')}</section>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}: API</title>
<link rel="stylesheet" href="/page.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body class="docs">
<header><h1><img src="/icon.svg" alt="" width="28" height="28"> ${escapeHtml(title)} <span class="soft">${escapeHtml(version)}</span></h1><p><a href="${escapeHtml(home.href)}">${escapeHtml(home.text)}</a> <a href="/openapi.json">OpenAPI</a></p></header>
<nav aria-label="Operations"><details open><summary>Operations</summary><ul>${contents.join('')}</ul></details></nav>
<main class="text">
<section><h2>Before you begin</h2><p>${proseHtml(description)}</p>${tokenFile === undefined ? '' : tokenHtml(tokenFile)}</section>
${sections.join('\n')}
</main>
</body>
</html>
`
}

const tokenHtml = (file: string) =>
  `<p>The commands on this page want the token in the shell:</p><pre tabindex="0">${escapeHtml(`TOKEN=$(cat ${shellQuoted(file)})`)}</pre>`
