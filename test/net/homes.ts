import { execFileSync, spawnSync } from 'node:child_process'

/**
 * A small internet on one machine, made of network namespaces:
 *
 *     public segment 45.9.0.0/24 ── server (45.9.0.1)
 *        ├── router of home 1 (45.9.0.11), masquerading ── 192.168.1.0/24 ── hosts 192.168.1.10, .11
 *        └── router of home 2 (45.9.0.12), masquerading ── 192.168.1.0/24 ── hosts 192.168.1.10, .11
 *
 * Routers let nothing in that was not asked for, and speak no UPnP. Both homes have the same addresses inside, as homes do.
 */
export interface Homes extends Disposable {
  /** Puts before a command what makes it run there: `server`, `home1a`, `home1b`, `home2a`, `home2b`. */
  at(place: Place): string[]
  /** Runs `ip`, `nft` or anything else there. */
  run(place: Place | 'router1' | 'router2', ...command: string[]): string
}

export type Place = 'server' | 'home1a' | 'home1b' | 'home2a' | 'home2b'

export const SERVER_IP = '45.9.0.1'

/** Why such a network cannot be made here; undefined when it can. */
export function whyNoHomes(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux'
  if (process.getuid?.() !== 0) return 'needs root: network namespaces'
  for (const [tool, flag] of [
    ['ip', '-V'],
    ['nft', '-v'],
  ] as const)
    if (spawnSync(tool, [flag]).status !== 0) return `needs the command ${tool} (packages iproute2, nftables)`
  const name = `shoal-try-${process.pid}`
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'network namespaces are not allowed here'
  spawnSync('ip', ['netns', 'del', name])
  return undefined
}

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

/** What a router gives as the outer port: that of the host, whoever it talks to, as most do; or any, for each connection another one. */
export type Ports = 'kept' | 'random'

/** Sets it up; disposing of it removes it all. @throws Error what a command said */
export function makeHomes({ ports = 'random' }: { ports?: Ports } = {}): Homes {
  const spaces = new Map<string, string>()
  const undo = () => {
    for (const space of spaces.values()) spawnSync('ip', ['netns', 'del', space])
  }
  try {
    build(spaces, ports)
  } catch (error) {
    undo()
    throw error
  }
  const inside = (place: string) => ['ip', 'netns', 'exec', spaces.get(place)!]
  return {
    at: inside,
    run: (place, ...command) => {
      const [first, ...rest] = [...inside(place), ...command]
      return run(first!, ...rest)
    },
    [Symbol.dispose]: undo,
  }
}

function build(spaces: Map<string, string>, ports: Ports): void {
  const add = (place: string) => {
    const space = `shoal-${process.pid}-${place}`
    spaces.set(place, space)
    run('ip', 'netns', 'add', space)
    ip(place, 'link', 'set', 'lo', 'up')
  }
  const ip = (place: string, ...args: string[]) => run('ip', '-n', spaces.get(place)!, ...args)
  const bridge = (place: string, name: string) => {
    ip(place, 'link', 'add', name, 'type', 'bridge')
    ip(place, 'link', 'set', name, 'up')
  }
  /** A cable from `place` to a bridge elsewhere. */
  const plug = (place: string, name: string, to: { place: string; bridge: string }, address: string) => {
    const far = `${name}-${place}`.slice(0, 15)
    run(
      'ip',
      'link',
      'add',
      name,
      'netns',
      spaces.get(place)!,
      'type',
      'veth',
      'peer',
      'name',
      far,
      'netns',
      spaces.get(to.place)!,
    )
    ip(to.place, 'link', 'set', far, 'master', to.bridge, 'up')
    ip(place, 'addr', 'add', address, 'dev', name)
    ip(place, 'link', 'set', name, 'up')
  }
  add('segment')
  bridge('segment', 'public')
  const segment = { place: 'segment', bridge: 'public' }
  add('server')
  plug('server', 'wan', segment, `${SERVER_IP}/24`)
  for (const home of [1, 2]) {
    const router = `router${home}`
    add(router)
    plug(router, 'wan', segment, `45.9.0.1${home}/24`)
    bridge(router, 'lan')
    ip(router, 'addr', 'add', '192.168.1.1/24', 'dev', 'lan')
    run('ip', 'netns', 'exec', spaces.get(router)!, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
    run('ip', 'netns', 'exec', spaces.get(router)!, 'nft', rules(ports))
    for (const [letter, last] of [
      ['a', 10],
      ['b', 11],
    ] as const) {
      const host = `home${home}${letter}`
      add(host)
      plug(host, 'eth', { place: router, bridge: 'lan' }, `192.168.1.${last}/24`)
      ip(host, 'route', 'add', 'default', 'via', '192.168.1.1')
    }
  }
}

/** What a home router does: everything out under its own address, in only what belongs to it. */
const rules = (ports: Ports) => `
table ip home {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "lan" accept
  }
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iifname { "lan", "lo" } accept
  }
  chain out {
    type nat hook postrouting priority 100;
    oifname "wan" masquerade ${ports === 'random' ? 'fully-random' : ''}
  }
}`
