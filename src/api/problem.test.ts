import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { ERRORS, type ErrorCode, ShoalError } from '../base/errors.ts'
import { silentLogger } from '../base/log.ts'
import { frameworkProblem, installProblems, problemOf } from './problem.ts'

test('every code of the table becomes a problem with its status', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const problem = problemOf(new ShoalError(code))
    assert.deepEqual([problem.type, problem.status, problem.code], ['about:blank', ERRORS[code].http, code])
    assert.notEqual(problem.title, 'Error', code)
    assert.equal(problem.detail, ERRORS[code].message)
  }
})

test('words and details of a ShoalError are for the caller, those of others are not', () => {
  const own = problemOf(new ShoalError('CONFLICT', 'Pause it first.', { details: { state: 'running' } }))
  assert.deepEqual([own.detail, own.details], ['Pause it first.', { state: 'running' }])
  const system = Object.assign(new Error("EACCES: open '/home/ada/x'"), { code: 'EACCES' })
  assert.deepEqual(
    [problemOf(system).status, problemOf(system).detail],
    [403, ERRORS.PERMISSION_DENIED.message],
  )
  const fault = problemOf(new TypeError('x is undefined'))
  assert.deepEqual([fault.status, fault.detail], [500, ERRORS.INTERNAL.message])
  assert.equal(problemOf('thrown text').detail, ERRORS.INTERNAL.message)
  assert.ok(problemOf(new ShoalError('IO', 'x'.repeat(5000))).detail.length < 600)
})

test('a server with problems answers nothing else', async (t) => {
  const app = Fastify({ frameworkErrors: frameworkProblem })
  t.after(() => app.close())
  installProblems(app, { log: silentLogger })
  app.get('/things/:id', () => {
    throw new ShoalError('UNAUTHENTICATED')
  })
  app.put('/things/:id', { schema: { body: { type: 'object', required: ['name'] } } }, () => ({}))
  app.get('/fault', { schema: { response: { 500: { type: 'object', properties: {} } } } }, () => {
    throw new TypeError('inner')
  })
  const table = [
    ['GET', '/things/1', 401, 'UNAUTHENTICATED', undefined],
    ['PUT', '/things/1', 400, 'INVALID_ARGUMENT', undefined],
    ['POST', '/things/1?x=1', 405, 'METHOD_NOT_ALLOWED', 'GET, HEAD, PUT'],
    ['POST', '/things/1/2', 404, 'NOT_FOUND', undefined],
    ['GET', '/fault', 500, 'INTERNAL', undefined],
    ['GET', '/%ff', 400, 'INVALID_ARGUMENT', undefined],
  ] as const
  for (const [method, url, status, code, allow] of table) {
    const answer = await app.inject({ method, url, ...(method === 'PUT' && { payload: {} }) })
    assert.equal(answer.statusCode, status, url)
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
    assert.equal(answer.headers.allow, allow)
    assert.equal(answer.json().code, code)
    assert.equal(answer.json().status, status)
  }
})
