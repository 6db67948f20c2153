import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostileNames } from './hostile.ts'
import type { ShoalProcess } from './process.ts'
import type { World } from './shoal.ts'
import { until } from './until.ts'

/** A word that is in the path of every hostile file and finds them all. */
export const HOSTILE_WORD = 'zoo'

export const HOSTILE_NAMES = hostileNames(500)

/** So many of the names are those of folders, with a file of the next name in each. */
const FOLDERS = 40

/** A name of a peer can have no controls; what else harms, it can. */
const isPeerName = (name: string) => name.length <= 64 && !/\p{Cc}/u.test(name) && name.trim() === name
export const HOSTILE_PEERS = HOSTILE_NAMES.filter(isPeerName)

/** What each file holds; no two are the same. */
export const contentOf = (name: string): string => `This is the file ${JSON.stringify(name)}.\n`

export interface HostileWorld {
  /** Shares all of it, and has a hostile name. */
  readonly owner: ShoalProcess
  /** Shares a part of it, and has a hostile name. */
  readonly other: ShoalProcess
  /** Knows both, and has a hostile name, too. */
  readonly seeker: ShoalProcess
  /** Where the owner has its files; its last part is a hostile name. */
  readonly folder: string
}

/** Three nodes with hostile names, and {@link HOSTILE_NAMES} as files and folders that they share. Ready when the seeker finds all. */
export async function startHostileWorld(world: World): Promise<HostileWorld> {
  const folder = world.folder(`${HOSTILE_WORD} <svg onload=pwned()>\u202egnp.exe`)
  const part = world.folder(`${HOSTILE_WORD} \u001b[2J<img src=x onerror=pwned()>`)
  HOSTILE_NAMES.forEach((name, index) => {
    const isDeep = index < 2 * FOLDERS && index % 2 === 1
    const below = isDeep ? join(folder, `in ${HOSTILE_NAMES[index - 1]}`.slice(0, 80)) : folder
    mkdirSync(below, { recursive: true })
    writeFileSync(join(below, name), contentOf(name))
    if (index % 10 === 0) writeFileSync(join(part, name), contentOf(name))
  })
  const [seekerName, ownerName, otherName] = [
    HOSTILE_PEERS.find((name) => name.includes('onerror'))!,
    HOSTILE_PEERS.find((name) => name.includes('\u202e') && name.includes('svg'))!,
    HOSTILE_PEERS.find((name) => /^W+$|^ﷺ+$|^a+$/u.test(name)) ?? 'W'.repeat(64),
  ]
  const named = (
    name: string,
    peerName: string,
    { shares = [], args = [] }: { shares?: string[]; args?: string[] },
  ) =>
    world.startNode({
      ...{ name, shares, args: ['--name', peerName, ...args] },
      env: { SHOAL_REPLICAS_FOR: 'everybody' },
    })
  const owner = await named('owner', ownerName, { shares: [folder] })
  const peer = ['--peer', owner.ready.grpc]
  const other = await named('other', otherName, { shares: [part], args: peer })
  const seeker = await named('seeker', seekerName, { args: peer })
  await until(
    'the seeker finds every file',
    async () => {
      const found = new Set<unknown>()
      const { lines } = await world.shoal(['search', HOSTILE_WORD, '--limit', '1000', '--json'], seeker)
      for (const line of lines) if (line.event === 'hit' && line.kind === 'file') found.add(line.name)
      return HOSTILE_NAMES.every((name) => found.has(name)) || undefined
    },
    60_000,
  )
  return { owner, other, seeker, folder }
}

/** JSON of a node's API, with its token. */
export async function askNode<T>(node: ShoalProcess, path: string, token: string, json?: object): Promise<T> {
  const answer = await fetch(node.ready.http + path, {
    headers: { authorization: `Bearer ${token}`, ...(json && { 'content-type': 'application/json' }) },
    ...(json && { method: 'POST', body: JSON.stringify(json) }),
  })
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`)
  return (await answer.json()) as T
}
