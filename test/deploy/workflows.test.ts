import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { releaseProblem, sectionOf } from '../../scripts/release-notes.ts'

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}
interface Workflow {
  on: Record<string, unknown>
  permissions: Record<string, string>
  jobs: Record<
    string,
    {
      needs?: string | string[]
      permissions?: Record<string, string>
      steps: Step[]
      'timeout-minutes': number
    }
  >
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, '.github/workflows')
const workflows = readdirSync(folder).map((file) => ({
  file,
  ...(parse(readFileSync(join(folder, file), 'utf8')) as Workflow),
}))
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

test('a workflow may read, and a job no more than it needs', () => {
  for (const { file, permissions, jobs } of workflows) {
    assert.deepEqual(permissions, { contents: 'read' }, file)
    const writing = Object.entries(jobs).flatMap(([job, { permissions: own = {} }]) =>
      Object.entries(own)
        .filter(([, level]) => level === 'write')
        .map(([what]) => `${job} ${what}`),
    )
    const allowed = file === 'release.yml' ? ['image packages', 'package id-token', 'release contents'] : []
    assert.deepEqual(writing, allowed, file)
  }
})

test('what they use has a version, and what they run is there', () => {
  for (const { file, jobs } of workflows) {
    for (const [job, { steps, needs = [], 'timeout-minutes': limit }] of Object.entries(jobs)) {
      assert.ok(limit > 0, `${file} ${job} has no limit of time`)
      for (const other of [needs].flat()) assert.ok(jobs[other], other)
      for (const { uses, run = '', with: inputs } of steps) {
        if (uses) assert.match(uses, /^[\w-]+\/[\w-]+@(v\d+|[\da-f]{40})$/)
        for (const [, script] of run.matchAll(/npm run ([\w:-]+)/g)) assert.ok(scripts[script!], script)
        for (const [, path] of run.matchAll(/(?:^|node )((?:\.ci|scripts)\/[\w.-]+)/gm))
          assert.ok(existsSync(join(root, path!)), path)
        if (inputs?.file) assert.ok(existsSync(join(root, String(inputs.file))))
      }
    }
  }
})

test('nothing is published before everything was checked', () => {
  const { jobs } = workflows.find(({ file }) => file === 'release.yml')!
  assert.deepEqual([jobs.image!.needs, jobs.package!.needs], ['check', 'check'])
  assert.deepEqual(jobs.release!.needs, ['image', 'package'])
  assert.ok(jobs.check!.steps.some(({ run }) => run === '.ci/run'))
})

const CHANGELOG =
  '# Changelog\n\n## [Unreleased]\n\n- New.\n\n## [1.2.0] - 2026-01-01\n\n### Added\n\n- This.\n\n## [1.1.0]\n'

test('a release needs the tag of its version and a section of its own', () => {
  assert.equal(sectionOf(CHANGELOG, '1.2.0'), '### Added\n\n- This.')
  assert.equal(sectionOf(CHANGELOG, '1.1.0'), undefined)
  assert.equal(sectionOf(CHANGELOG, '1.2'), undefined)
  const facts = { version: '1.2.0', changelog: CHANGELOG }
  assert.equal(releaseProblem('v1.2.0', facts), undefined)
  assert.match(releaseProblem('v1.2.1', facts)!, /v1\.2\.1.*1\.2\.0/)
  assert.match(releaseProblem('v1.1.0', { ...facts, version: '1.1.0' })!, /no section/)
})
