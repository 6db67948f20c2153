import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ERRORS, isErrorCode } from '../../base/errors.ts'
import { NODE_OPERATIONS } from '../document/node-operations.ts'
import type { Operation } from '../document/openapi.ts'
import { send, startApi, TOKEN } from '../testing/start-api.ts'
import { curlLine, shellQuoted } from './curl.ts'
import { docsPage } from './docs.ts'
import { DOCS_STYLE } from './docs-style.ts'
import { PAGE_STYLE } from './style.ts'

const run = promisify(execFile)

const decoded = (html: string) => html.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
const commandsIn = (page: string) =>
  [...page.matchAll(/<pre tabindex="0">(curl [^<]*)<\/pre>/g)].map(([, text]) => decoded(text!))

test('the page has every operation by its name, and nothing from elsewhere', async (t) => {
  const { url } = await startApi(t)
  const { body, headers } = await send(`${url}/docs`)
  assert.match(String(headers['content-type']), /^text\/html/)
  for (const [key, { id }] of Object.entries(NODE_OPERATIONS)) {
    const [method, path] = key.split(' ')
    const article = body.split(`<article id="${id}">`)[1]?.split('</article>')[0] ?? ''
    assert.ok(article.includes(`${method}</span> <code>${path}</code>`), key)
    assert.match(article, /Failures: 400, /, key)
    assert.equal(commandsIn(article).length, 1, key)
  }
  const ids = new Set([...body.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id))
  for (const [, target] of body.matchAll(/href="#([^"]*)"/g))
    assert.ok(ids.has(target), `#${target} leads nowhere`)
  for (const [, address] of body.matchAll(/(?:src|href)="([^"]*)"/g)) assert.match(address!, /^(#|\/[^/]?)/)
  assert.doesNotMatch(body, /<script|<iframe|onerror=|style=/i)
  assert.match(body, /<a href="\/">Back to the app<\/a>/)
})

test('what the document says is text on the page', () => {
  const nasty = '<img src=x onerror=alert(1)>"\'&'
  const operation: Operation = {
    ...{ operationId: nasty, summary: nasty, description: nasty, tags: ['t'] },
    parameters: [
      {
        name: nasty,
        in: 'query',
        required: true,
        description: nasty,
        example: nasty,
        schema: { type: nasty },
      },
    ],
    requestBody: { content: { [nasty]: { schema: { description: nasty }, example: nasty } } },
    responses: { 200: { description: nasty, content: { 'application/json': { example: nasty } } } },
  }
  const page = docsPage(
    {
      openapi: '3.1.0',
      info: { title: nasty, version: nasty, description: nasty },
      tags: [{ name: 't', description: nasty }],
      paths: { [`/${nasty}`]: { get: operation } },
    },
    { origin: nasty, tokenFile: nasty, home: { href: '/', text: nasty } },
  )
  assert.doesNotMatch(page, /<img src=x|="[^"]*alert\(1\)>"/)
})

test('the commands of the page are understood and answered as it says', async (t) => {
  const { url } = await startApi(t)
  const commands = commandsIn((await send(`${url}/docs`)).body)
  assert.equal(commands.length, Object.keys(NODE_OPERATIONS).length)
  for (const command of commands) {
    const measured = `${command} -sS -m ${command.includes('/api/v1/events') ? 0.5 : 10} -w '\\n%{http_code}'`
    const { stdout } = await run('sh', ['-c', measured], { env: { ...process.env, TOKEN } }).catch(
      (error) => {
        // The events have no end.
        assert.equal(error.code, 28, `${command}: ${error.stderr}`)
        return error as { stdout: string }
      },
    )
    const lines = stdout.split('\n')
    const status = Number(lines.pop())
    assert.ok(status < 400 || isErrorCode(JSON.parse(lines.join('\n')).code), command)
    // The examples are of another node: what they name is not there.
    assert.ok(status < 300 || status === 404 || status === ERRORS.AMBIGUOUS.http, `${command} gave ${stdout}`)
  }
})

test('a command says exactly what the examples say', () => {
  assert.equal(shellQuoted("it's"), "'it'\\''s'")
  const operation: Operation = {
    security: [{ bearer: [] }],
    parameters: [
      { name: 'path', in: 'path', required: true, example: 'a b/c' },
      { name: 'target', in: 'query', required: true, schema: { examples: ['/x &y'] } },
      { name: 'limit', in: 'query', example: 5 },
    ],
    requestBody: { content: { 'application/json': { example: { name: "it's $HOME" } } } },
    responses: { 200: { content: { 'application/x-ndjson': {} } } },
  }
  assert.equal(
    curlLine({ origin: 'http://h:1', method: 'POST', path: '/x/{path}', operation }),
    `curl -N -X POST -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' --data-binary '{"name":"it'\\''s $HOME"}' 'http://h:1/x/a%20b/c?target=%2Fx+%26y'`,
  )
})

test('colours and measures are those of the web app', () => {
  const tokens = readFileSync(new URL('../../../web/src/styles/tokens.css', import.meta.url), 'utf8')
  const setIn = (css: string, name: string) => new RegExp(`${name}: ([^;]+);`).exec(css)?.[1]
  const used = new Set([...(PAGE_STYLE + DOCS_STYLE).matchAll(/var\((--[\w-]+)\)/g)].map(([, name]) => name!))
  assert.ok(used.size > 10)
  for (const name of used) assert.equal(setIn(PAGE_STYLE, name), setIn(tokens, name), name)
})
