import { statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { formatBytes } from '../../base/units.ts'
import type { PutJson, ValueJson } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'
import { readValue } from './kv-value.ts'

/** Longest key that the network takes. */
const MAX_KEY_BYTES = 256

interface PutOptions extends ClientOptions {
  file?: string
}

interface GetOptions extends ClientOptions {
  out?: string
}

export function addKv(program: Command, act: Act): void {
  const kv = program
    .command('kv')
    .description('put and get small values that the network keeps')
    .addHelpText(
      'after',
      examples(
        ["shoal kv put motd 'hello'", 'store a value; whoever writes last wins'],
        ['shoal kv get motd', 'the newest value'],
        ['shoal kv put photo --file a.png', 'a file of at most 64 KiB'],
        ['date | shoal kv put now -', 'what is piped in'],
        ['shoal kv put n -- -5', 'a value that begins with -'],
      ),
    )
    .addHelpText(
      'after',
      '\nA value ends after 24 h unless the node that put it runs on and renews it. Needs dht in the setting discovery.' +
        '\nExit status: 3 there is no value under this key.',
    )
  withClientOptions(
    kv
      .command('put')
      .description('store a value under a key')
      .argument('<key>', 'UTF-8 text of at most 256 bytes')
      .argument('[value]', 'the value; - reads what is piped in')
      .option('--file <path>', 'take the value from a file; - for what is piped in'),
  ).action(act(put))
  withClientOptions(
    kv
      .command('get')
      .description('print the newest value under a key')
      .argument('<key>', 'the key')
      .option('--out <path>', 'write the value into this file'),
  ).action(act(get))
}

const put: Handler<PutOptions, [string, string | undefined]> = async (session, { file }, key, value) => {
  const { io, print } = session
  const body = await readValue({ value, file }, io)
  const client = await session.client()
  const done = await client.json<PutJson>('PUT', pathOf(key), { body })
  print.row({ event: 'put', ...done })
  const nodes = done.replicas === 1 ? '1 node' : `${done.replicas} nodes`
  print.line(`${key}: ${formatBytes(body.length)} at ${nodes}, version ${done.version}`)
  return undefined
}

const get: Handler<GetOptions, [string]> = async (session, { out }, key) => {
  const { io, print } = session
  const client = await session.client()
  const found = await client.json<ValueJson>('GET', pathOf(key))
  const value = Buffer.from(found.base64, 'base64')
  if (out !== undefined) {
    const path = resolve(io.cwd, out)
    save(path, value)
    const { base64: _, text: __, ...facts } = found
    print.row({ event: 'value', ...facts, path })
    print.line(path)
    return undefined
  }
  print.row({ event: 'value', ...found })
  // People get lines that cannot harm the terminal, programs the very bytes.
  if (io.stdout.terminal) print.line(found.text ?? value.toString('latin1'))
  else if (!print.json) io.stdout.write(value)
  return undefined
}

/** @throws ShoalError INVALID_ARGUMENT for keys that an address cannot name: `.` and `..` mean something else there */
function pathOf(key: string): string {
  if (key === '') throw new ShoalError('INVALID_ARGUMENT', 'The key must have at least 1 character.')
  if (Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw new ShoalError('INVALID_ARGUMENT', `The key must have at most ${MAX_KEY_BYTES} bytes of UTF-8.`)
  if (key === '.' || key === '..')
    throw new ShoalError('INVALID_ARGUMENT', `The key ${JSON.stringify(key)} cannot be used here.`)
  if (!key.isWellFormed()) throw new ShoalError('INVALID_ARGUMENT', 'The key is no Unicode text.')
  return `/kv/${encodeURIComponent(key)}`
}

function save(path: string, value: Uint8Array): void {
  const folder = dirname(path)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new ShoalError('INVALID_ARGUMENT', `There is no folder ${folder}. Make it, or give another --out.`)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new ShoalError('INVALID_ARGUMENT', `${path} is a folder. Give the file to write.`)
  try {
    writeFileSync(path, value)
  } catch (error) {
    throw toShoalError(error, 'IO')
  }
}
