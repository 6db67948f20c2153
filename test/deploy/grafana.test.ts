import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { listedMetrics } from '../support/metrics.ts'

interface Panel {
  id: number
  title: string
  type: string
  targets?: { expr: string }[]
}

const dashboard = JSON.parse(
  readFileSync(new URL('../../deploy/grafana/shoal.json', import.meta.url), 'utf8'),
) as { panels: Panel[]; templating: { list: { name: string; definition?: string }[] } }
const listed = ['Node', 'Counts of a node', 'Index server', 'Process'].flatMap(listedMetrics)
const panels = dashboard.panels.filter(({ type }) => type !== 'row')

test('every metric on the dashboard exists, with the labels that it is asked for', () => {
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  for (const { definition } of dashboard.templating.list) if (definition) expressions.push(definition)
  let found = 0
  for (const expression of expressions) {
    for (const [, name, , matchers] of expression.matchAll(
      /\b((?:shoal|nodejs|process)_\w+)(\{([^}]*)\})?/g,
    )) {
      const metric = listed.find(
        (each) =>
          each.name === name ||
          (each.type === 'histogram' && new RegExp(`^${each.name}_(bucket|sum|count)$`).test(name!)),
      )
      assert.ok(metric, `${name} in ${expression}`)
      found++
      for (const [, label] of (matchers ?? '').matchAll(/(\w+)[=!]/g))
        assert.ok(label === 'instance' || metric.labels.includes(label!), `${label} in ${expression}`)
      if (metric.type === 'counter') assert.match(expression, /(rate|increase)\(/, expression)
    }
    for (const [, labels] of expression.matchAll(/\bby \(([^)]*)\)/g))
      for (const label of labels!.split(/,\s*/))
        assert.ok(
          ['instance', 'le'].includes(label) || listed.some((metric) => metric.labels.includes(label)),
          `${label} in ${expression}`,
        )
  }
  assert.ok(found > 30)
})

test('every own metric of use on a graph is on it, and each panel is one of its own', () => {
  const text = JSON.stringify(panels)
  const elsewhere = [
    'shoal_build_info',
    'shoal_uptime_seconds',
    'shoal_library_folders',
    'shoal_hashing_files',
  ]
  for (const { name } of listed.filter((metric) => metric.name.startsWith('shoal_')))
    if (!elsewhere.includes(name)) assert.ok(text.includes(name), name)
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  for (const { title, targets } of panels) assert.ok(title && targets?.length, title)
})
