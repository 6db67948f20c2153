import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { environmentName, IndexSettings, NodeSettings } from '../../src/node/settings.ts'

const folder = fileURLToPath(new URL('../../deploy/systemd', import.meta.url))
const units = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
const SYSTEM = ['shoal.service', 'shoal-index.service']
const scratch = mkdtempSync(join(tmpdir(), 'shoal-units-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const settingOf = (text: string, key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]

test('there are units for the system and for a user', () => {
  assert.deepEqual(units.map(({ name }) => name).sort(), [
    'shoal-index.service',
    'shoal-user.service',
    'shoal.service',
  ])
})

test('they start what there is, with settings that there are', () => {
  for (const { name, text } of units) {
    const command = /\/shoal (\w+) --json$/.exec(settingOf(text, 'ExecStart') ?? '')?.[1]
    assert.equal(command, name === 'shoal-index.service' ? 'index' : 'start', name)
    const { properties } = command === 'index' ? IndexSettings : NodeSettings
    const known = ['SHOAL_DATA', ...Object.keys(properties).map(environmentName)]
    for (const [, variable] of text.matchAll(/^Environment=.*?(SHOAL_\w+)=/gm))
      assert.ok(known.includes(variable!))
    assert.equal(settingOf(text, 'Restart'), 'on-failure', name)
    assert.equal(settingOf(text, 'NoNewPrivileges'), 'yes', name)
  }
})

test('those of the system have a user of their own, and little that they may do', () => {
  for (const { name, text } of units.filter((unit) => SYSTEM.includes(unit.name))) {
    const own = name.replace('.service', '')
    for (const [key, value] of Object.entries({
      DynamicUser: 'yes',
      StateDirectory: own,
      RuntimeDirectory: own,
      CapabilityBoundingSet: '',
      ProtectSystem: 'strict',
      PrivateTmp: 'yes',
      PrivateDevices: 'yes',
      SystemCallFilter: '@system-service',
      RestrictAddressFamilies: 'AF_INET AF_INET6 AF_UNIX AF_NETLINK',
    }))
      assert.equal(settingOf(text, key), value, `${name} ${key}`)
    // A node stops within 5 s.
    assert.ok(Number.parseInt(settingOf(text, 'TimeoutStopSec') ?? '', 10) > 5)
  }
})

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

test('systemd takes them', { skip: !hasSystemd && 'there is no systemd here' }, () => {
  const shoal = join(scratch, 'shoal')
  symlinkSync('/bin/true', shoal)
  const env = { ...process.env, XDG_RUNTIME_DIR: scratch }
  for (const { name, text } of units) {
    const path = join(scratch, name)
    writeFileSync(path, text.replace(/^ExecStart=\S+/m, `ExecStart=${shoal}`))
    const user = SYSTEM.includes(name) ? [] : ['--user']
    const { status, stderr } = spawnSync('systemd-analyze', [...user, 'verify', '--man=no', path], {
      ...{ env, encoding: 'utf8' },
    })
    // What it says of other units of the machine is not about these.
    const about = stderr.split('\n').filter((line) => line.includes(name))
    assert.deepEqual([status, about], [0, []], stderr)
  }
})

test('systemd finds the system units little exposed', {
  skip: !hasSystemd && 'there is no systemd here',
}, (t) => {
  for (const name of SYSTEM) {
    const args = ['security', '--offline=true', '--no-pager', join(folder, name)]
    const said = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    if (/unrecognized option/.test(said.stderr)) return t.skip('this systemd is too old')
    const level = /exposure level for \S+: ([\d.]+)/.exec(said.stdout)?.[1]
    assert.ok(Number(level) < 2.5, `${name}: ${level} ${said.stderr}`)
  }
})

test('an environment file is as systemd reads it', () => {
  // The README's own example.
  const page = readFileSync(join(folder, '../README.md'), 'utf8')
  const [, text] = /```ini\n([\s\S]*?)```/.exec(page) ?? []
  assert.ok(text)
  const known = Object.keys(NodeSettings.properties).map(environmentName)
  for (const line of text.trim().split('\n')) {
    const [, name] = /^(SHOAL_\w+)=\S+$/.exec(line) ?? []
    assert.ok(name && known.includes(name), line)
  }
  execFileSync('sh', ['-n'], { input: text })
})
