import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

test('start --open hands the browser a file that signs in, and the node takes it away when it stops', async () => {
  await using world = newWorld()
  const bin = world.folder('bin')
  const opened = join(world.root, 'opened')
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > ${opened}\n`)
  chmodSync(join(bin, 'xdg-open'), 0o755)
  const env = { DISPLAY: ':0', PATH: `${bin}:${process.env.PATH}` }
  const node = await world.startNode({ args: ['--open'], env })
  const file = await until('the browser is opened', () =>
    existsSync(opened) ? readFileSync(opened, 'utf8') || undefined : undefined,
  )
  const token = readFileSync(join(node.data, 'api.token'), 'utf8').trim()
  const page = readFileSync(file, 'utf8')
  assert.ok(page.includes(`${node.ready.http}/#token=${token}`))

  const printed = await world.shoal(['web', '--print', '--json'], node)
  assert.equal(printed.code, 0)
  const [{ url }] = printed.lines as [{ url: string }]
  assert.equal(url, `${node.ready.http}/#token=${token}`)
  const authorization = `Bearer ${new URLSearchParams(new URL(url).hash.slice(1)).get('token')}`
  const change = {
    method: 'PATCH',
    body: '{}',
    headers: { authorization, 'content-type': 'application/json' },
  }
  assert.equal((await fetch(`${node.ready.http}/api/v1/config`, change)).status, 200)

  const plain = await world.shoal(['web'], node)
  assert.ok(plain.stdout.includes(`${node.ready.http}/`) && !plain.stdout.includes(token))
  await node.stop()
  assert.equal(existsSync(file), false)
})
