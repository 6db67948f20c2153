import { formatRate } from '../../../../src/base/units.ts'
import type { Config } from '../../api/types.ts'

/** One setting as a form shows it. */
export interface Field {
  readonly key: string
  /** `upload limit per peer`. */
  readonly label: string
  readonly description: string
  readonly input: Input
  readonly value: unknown
  readonly preset: unknown
  readonly source: 'default' | 'file' | 'env' | 'flag'
  /** A change takes effect at the next start. */
  readonly restart: boolean
}

export type Input =
  | { readonly kind: 'switch' }
  | { readonly kind: 'text'; readonly maxLength: number }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  /** Bytes a second, written as people write them. */
  | { readonly kind: 'rate' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'choices'; readonly options: readonly string[] }
  /** Texts, one a line. */
  | { readonly kind: 'list' }
  /** An object: `name=value`, one a line. */
  | { readonly kind: 'map' }

/** The part of a setting's JSON Schema that matters here. */
interface Property {
  type?: string
  description?: string
  default?: unknown
  restart?: boolean
  unit?: string
  minimum?: number
  maximum?: number
  maxLength?: number
  anyOf?: { const?: unknown }[]
  items?: Property
}

/** All settings, those that can be changed while the node runs first, in the order of the schema. */
export function fieldsOf({ config, schema, sources }: Config): Field[] {
  const properties = (schema.properties ?? {}) as Record<string, Property>
  return Object.entries(properties)
    .map(([key, property]) => ({
      key,
      label: labelOf(key),
      description: property.description ?? '',
      input: inputOf(property),
      value: config[key],
      preset: property.default,
      source: sources[key] ?? 'default',
      restart: property.restart ?? true,
    }))
    .sort((a, b) => Number(a.restart) - Number(b.restart))
}

/** `uploadLimitPerPeer` -> `Upload limit per peer`; times lose their unit, which the description tells. */
export function labelOf(key: string): string {
  const words = key
    .replace(/(Ms)$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/\b(http|grpc|p2p|upnp|mdns|dht|lan|ttl)\b/g, (word) => SPELLED[word] ?? word.toUpperCase())
  return /^[a-z]+\b/.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words
}

const SPELLED: Readonly<Record<string, string>> = { grpc: 'gRPC', upnp: 'UPnP', mdns: 'mDNS', p2p: 'libp2p' }

function inputOf(property: Property): Input {
  const {
    type,
    unit,
    anyOf,
    items,
    minimum = 0,
    maximum = Number.MAX_SAFE_INTEGER,
    maxLength = 4096,
  } = property
  if (unit === 'bytesPerSecond') return { kind: 'rate' }
  if (type === 'boolean') return { kind: 'switch' }
  if (type === 'integer' || type === 'number') return { kind: 'number', min: minimum, max: maximum }
  if (type === 'array')
    return items?.anyOf ? { kind: 'choices', options: constants(items) } : { kind: 'list' }
  if (type === 'object') return { kind: 'map' }
  if (anyOf) return { kind: 'choice', options: constants(property) }
  return { kind: 'text', maxLength }
}

const constants = ({ anyOf = [] }: Property): string[] => anyOf.map(({ const: value }) => String(value))

/** What stands in the form for a value. */
export function shownValue({ kind }: Input, value: unknown): string {
  switch (kind) {
    case 'rate':
      return value === 0 ? '0' : formatRate(Number(value)).replace(' ', '')
    case 'list':
    case 'choices':
      return (value as string[]).join('\n')
    case 'map':
      return Object.entries((value ?? {}) as Record<string, string>)
        .map(([name, each]) => `${name}=${each}`)
        .join('\n')
    default:
      return String(value)
  }
}

/** What the form says, as the API takes it; the node checks it. */
export function readValue({ kind }: Input, text: string): unknown {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  switch (kind) {
    case 'switch':
      return text === 'true'
    case 'number':
      return text.trim() === '' ? text : Number(text)
    case 'list':
    case 'choices':
      return lines
    case 'map':
      return Object.fromEntries(
        lines.map((line) => [line.split('=', 1)[0]!.trim(), line.slice(line.indexOf('=') + 1).trim()]),
      )
    default:
      return text
  }
}

/** Groups for people, by the beginning of the description's subject; a setting that no group names stands under Other. */
export const GROUPS: readonly { readonly title: string; readonly keys: RegExp }[] = [
  { title: 'Rates and slots', keys: /Limit|uploadSlots|maxDownloads|limitsInclude/i },
  { title: 'Sharing', keys: /^(shares|downloads|gateway|rescanMs|settleMs|verifyRate)$/ },
  { title: 'Searching and wishes', keys: /^(searchTimeoutMs|wish.*|logQueries)$/ },
  { title: 'Relay for others', keys: /^relay/ },
  { title: 'Addresses and ports', keys: /(Port|Host|Hosts)$|^(announce|upnp|index|peers)$/ },
  {
    title: 'Finding peers and files',
    keys: /^(discovery|mdns|.*heartbeat.*|probeTimeoutMs|gossipMs|recordTtlMs|floodTtl|zone.*)$/i,
  },
  { title: 'Other', keys: /./ },
]

/** Fields by group; groups without any are left out. */
export function grouped(fields: readonly Field[]): { title: string; fields: Field[] }[] {
  const groups = GROUPS.map(({ title }) => ({ title, fields: [] as Field[] }))
  for (const field of fields) groups[GROUPS.findIndex(({ keys }) => keys.test(field.key))]!.fields.push(field)
  return groups.filter((group) => group.fields.length > 0)
}
