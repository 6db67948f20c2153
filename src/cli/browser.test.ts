import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browserCommand, launchBrowser } from './browser.ts'

test('a browser is opened only where somebody sees it', () => {
  const cases: [platform: string, env: Record<string, string>, command: string | undefined][] = [
    ['linux', {}, undefined],
    ['linux', { DISPLAY: ':0' }, 'xdg-open'],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
    ['freebsd', { DISPLAY: ':0' }, 'xdg-open'],
    ['linux', { DISPLAY: ':0', CI: 'true' }, undefined],
    ['linux', { DISPLAY: ':0', CI: 'false' }, 'xdg-open'],
    ['linux', { DISPLAY: ':10', SSH_CONNECTION: '192.0.2.1 5 192.0.2.2 22' }, undefined],
    ['darwin', {}, 'open'],
    ['darwin', { SSH_TTY: '/dev/ttys1' }, undefined],
    ['win32', {}, 'cmd.exe'],
    ['win32', { CI: '1' }, undefined],
  ]
  for (const [platform, env, command] of cases) {
    const found = browserCommand('/run/a b.html', { platform, env })
    assert.equal(found?.command, command, JSON.stringify([platform, env]))
    if (found) assert.equal(found.args.at(-1), '/run/a b.html')
  }
})

test('an opener that is not there or fails is told', async () => {
  assert.equal(await launchBrowser({ command: '/no/such/opener', args: [] }), false)
  assert.equal(await launchBrowser({ command: process.execPath, args: ['-e', 'process.exit(3)'] }), false)
  assert.equal(await launchBrowser({ command: process.execPath, args: ['-e', ''] }), true)
})
