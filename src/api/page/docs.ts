/** The part of an OpenAPI document that the page shows. */
interface OpenApiDocument {
  info: { title: string; version: string; description?: string }
  tags?: { name: string; description?: string }[]
  paths?: Record<string, Record<string, Operation>>
}

interface Operation {
  tags?: string[]
  summary?: string
  description?: string
  security?: unknown[]
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[]
  requestBody?: { content: Record<string, { schema?: Schema; example?: unknown }> }
  responses: Record<string, { description?: string; content?: Record<string, { schema?: Schema }> }>
}

interface Schema {
  type?: string | string[]
  [keyword: string]: unknown
}

/**
 * A page for people made of the OpenAPI document: every route, its parameters and answers. No script, nothing
 * from elsewhere.
 */
export function docsPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const sections = (document.tags ?? []).map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name))
    return `<section id="${escapeHtml(name)}"><h2>${escapeHtml(description ?? name)}</h2>${own.map(operationHtml).join('')}</section>`
  })
  const { title, version, description = '' } = document.info
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/page.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<header><h1>${escapeHtml(title)} ${escapeHtml(version)}</h1><p><a href="/">Node</a> <a href="/openapi.json">OpenAPI</a></p></header>
<p>${escapeHtml(description)}</p>
<main class="text">${sections.join('\n')}</main>
</body>
</html>
`
}

function operationHtml({
  path,
  method,
  operation,
}: {
  path: string
  method: string
  operation: Operation
}): string {
  const { summary = '', description = '', security, parameters = [], requestBody, responses } = operation
  const token = security?.length ? ' <small class="bad">needs the token</small>' : ''
  return `<article>
<h3><span class="method">${escapeHtml(method.toUpperCase())}</span> <code>${escapeHtml(path)}</code>${token}</h3>
<p>${escapeHtml([summary, description].filter(Boolean).join('. '))}</p>
${parametersHtml(parameters)}${bodyHtml('Body', requestBody?.content)}
${Object.entries(responses).map(responseHtml).join('')}
</article>`
}

function parametersHtml(parameters: NonNullable<Operation['parameters']>): string {
  if (parameters.length === 0) return ''
  const rows = parameters.map(
    ({ name, in: where, required, description = '', schema }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(where)}${required ? ', required' : ''}</td><td>${escapeHtml(kindOf(schema))}</td><td>${escapeHtml(description)}</td></tr>`,
  )
  return `<table><thead><tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function responseHtml([status, { description = '', content }]: [
  string,
  Operation['responses'][string],
]): string {
  // The problem answer is the same everywhere; the document's text tells of it once.
  if (status === 'default') return ''
  return bodyHtml(`${status}: ${description}`, content) || `<p>${escapeHtml(`${status}: ${description}`)}</p>`
}

function bodyHtml(title: string, content: Record<string, { schema?: Schema }> | undefined): string {
  const types = Object.keys(content ?? {})
  const [type] = types
  if (!content || type === undefined) return ''
  const schema = JSON.stringify(content[type]?.schema ?? {}, null, 2)
  return `<details><summary>${escapeHtml(`${title} (${types.join(', ')})`)}</summary><pre>${escapeHtml(schema)}</pre></details>`
}

function kindOf(schema: Schema | undefined): string {
  return [schema?.type ?? 'any'].flat().join(' or ')
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
