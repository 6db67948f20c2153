import { ERRORS, type ErrorCode } from '../../base/errors.ts'
import type { Answer, MediaType, Parameter, Schema } from '../document/openapi.ts'
import { codesOf } from '../document/problems.ts'
import { type CurlRequest, curlLine, exampleOf } from './curl.ts'
import { escapeHtml, proseHtml } from './html.ts'

/** One operation: what it does, how it is asked, what it answers. */
export function operationHtml(request: CurlRequest): string {
  const { method, path, operation } = request
  const { operationId = '', summary = '', description = '', security, parameters = [] } = operation
  const id = escapeHtml(operationId)
  const token = security?.length ? ' <span class="token">needs the token</span>' : ''
  return `<article id="${id}">
<h3><a href="#${id}">${id}</a>${token}</h3>
<p class="route"><span class="method ${escapeHtml(method.toLowerCase())}">${escapeHtml(method)}</span> <code>${escapeHtml(path)}</code></p>
<p><strong>${escapeHtml(summary)}.</strong> ${proseHtml(description)}</p>
${parametersHtml(parameters)}${bodyHtml(operation.requestBody?.content)}${pre(curlLine(request))}
${Object.entries(operation.responses).map(answerHtml).join('')}${failuresHtml(operation.responses)}
</article>`
}

function parametersHtml(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return ''
  const rows = parameters.map((parameter) => {
    const { name, in: where, required, description = '', schema } = parameter
    const example = exampleOf(parameter)
    const shown =
      example === undefined
        ? ''
        : `<br><span class="soft">such as</span> <code>${escapeHtml(String(example))}</code>`
    return `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(where)}${required ? ', required' : ''}</td><td>${escapeHtml(kindOf(schema))}</td><td>${proseHtml(description)}${shown}</td></tr>`
  })
  return `<div class="wide" tabindex="0"><table><thead><tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function bodyHtml(content: Record<string, MediaType> | undefined): string {
  const [type] = Object.keys(content ?? {})
  if (!content || type === undefined) return ''
  const { schema } = content[type]!
  const description = schema?.description ? `: ${schema.description}` : ''
  return `<p>Body <code>${escapeHtml(type)}</code>${proseHtml(description)}</p>${folded('Schema of the body', json(schema))}`
}

function answerHtml([status, { description = '', content = {} }]: [string, Answer]): string {
  if (isFailure(status)) return ''
  const types = Object.keys(content)
  const of =
    types.length > 0 ? ` <span class="soft">${types.map((type) => escapeHtml(type)).join(', ')}</span>` : ''
  const shown = Object.entries(content).flatMap(([type, media]) => exampleHtml(type, media))
  const [first] = Object.values(content)
  const schema = types.some((type) => /json/.test(type)) ? folded('Schema', json(first?.schema)) : ''
  return `<p class="answer"><strong>${escapeHtml(status)}</strong> ${proseHtml(description)}${of}</p>${[...new Set(shown)].join('')}${schema}`
}

/** A stream is shown as it comes, a line for each kind. */
function exampleHtml(type: string, { example, examples = {} }: MediaType): string[] {
  const lines = Object.values(examples).map(({ value }) => value)
  if (lines.length > 0)
    return type === 'text/event-stream'
      ? []
      : [folded('Example', lines.map((line) => JSON.stringify(line)).join('\n'))]
  if (example === undefined) return []
  return [folded('Example', typeof example === 'string' ? example : json(example))]
}

function failuresHtml(responses: Record<string, Answer>): string {
  const failures = Object.entries(responses).filter(([status]) => isFailure(status) && status !== 'default')
  if (failures.length === 0) return ''
  const rows = failures.flatMap(([status, answer]) =>
    codesOf(answer).map(
      (code) =>
        `<tr><td>${escapeHtml(status)}</td><td><code>${escapeHtml(code)}</code></td><td>${escapeHtml(ERRORS[code as ErrorCode].message)}</td></tr>`,
    ),
  )
  const statuses = failures.map(([status]) => status).join(', ')
  return `<details><summary>Failures: ${escapeHtml(statuses)}</summary><div class="wide" tabindex="0"><table><thead><tr><th>Status</th><th>Code</th><th>Means</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></details>`
}

const isFailure = (status: string) => status === 'default' || Number(status) >= 400

const json = (value: unknown) => JSON.stringify(value ?? {}, null, 2)
const pre = (text: string) => `<pre tabindex="0">${escapeHtml(text)}</pre>`
const folded = (title: string, text: string) =>
  `<details><summary>${escapeHtml(title)}</summary>${pre(text)}</details>`

function kindOf(schema: Schema | undefined): string {
  const { enum: values } = (schema ?? {}) as { enum?: unknown[] }
  return values ? values.join(' or ') : [schema?.type ?? 'any'].flat().join(' or ')
}
