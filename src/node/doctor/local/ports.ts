import { environmentName } from '../../settings.ts'
import { checkOf, type DoctorCheck } from '../check.ts'

export type PortSetting = 'httpPort' | 'grpcPort' | 'p2pPort' | 'p2pWsPort'

/** One port that the node listens on, or would. */
export interface PortFacts {
  readonly setting: PortSetting
  /** For people: `gRPC`. */
  readonly what: string
  /** The setting that names the address, and its value. */
  readonly hostSetting: 'httpHost' | 'grpcHost'
  readonly host: string
  /** As configured; 0 for any free one. */
  readonly wanted: number
  /** Not configured: when it is taken, a free one is used in its place. */
  readonly isDefault: boolean
  /** What the running node listens on. */
  readonly used?: number
  /** As it was found; `own`: by the node itself. */
  readonly state: 'free' | 'own' | 'taken' | 'denied' | 'no-such-host'
  /** Who has taken it, if that can be told: `nginx (process 812)`. */
  readonly owner?: string
}

type Finding = Pick<DoctorCheck, 'status' | 'detail' | 'fix'>

const ORDER = ['broken', 'warn', 'ok'] as const

/** Whether the node has its ports, or would get them. @param configPath where the settings stand */
export function portsCheck(ports: readonly PortFacts[], configPath: string): DoctorCheck {
  const check = checkOf('ports', 'Ports')
  const findings = ports.map((port) => findingOf(port, configPath))
  const worst = ORDER.find((status) => findings.some((finding) => finding.status === status)) ?? 'ok'
  const telling = worst === 'ok' ? findings : findings.filter(({ status }) => status !== 'ok')
  const detail = `${telling.map((finding) => finding.detail).join('; ')}.`
  if (worst === 'ok') return check.ok(detail)
  return check[worst](detail, [...new Set(telling.map(({ fix }) => fix))].join(' '))
}

function findingOf(port: PortFacts, configPath: string): Finding {
  const { setting, what, hostSetting, host, wanted, isDefault, used, state, owner } = port
  const change = (name: string) => `"${name}" in ${configPath} (or ${environmentName(name)})`
  const who = owner ? ` by ${owner}` : ''
  const it = owner ?? 'what has it'
  const see = owner ? '' : ` See who has it: ${whoHas(wanted)}`
  if (used !== undefined) {
    if (wanted === 0 || used === wanted) return ok(`${what} ${used} is the node's`)
    const detail = `${what} is on ${used}, not on ${wanted}: that was taken at the start, or the setting is newer`
    const fix =
      state === 'taken'
        ? `Stop ${it} and restart the node, or set ${change(setting)} to one that is free.${see}`
        : 'It is free now: restart the node to use it.'
    return { status: 'warn', detail, fix }
  }
  if (wanted === 0) return ok(`${what} takes any free one`)
  switch (state) {
    case 'own':
    case 'free':
      return ok(state === 'own' ? `${what} ${wanted} is the node's` : `${what} ${wanted} is free`)
    case 'taken': {
      const fix = `Stop ${it}, or set ${change(setting)} to another port.${see}`
      return isDefault
        ? { status: 'warn', detail: `${what} ${wanted} is taken${who}; a free one will be used`, fix }
        : { status: 'broken', detail: `${what} ${wanted} is taken${who}`, fix }
    }
    case 'denied': {
      const fix = `Ports below 1024 need special rights: set ${change(setting)} to 1024 or more.`
      return { status: 'broken', detail: `${what} ${wanted} may not be used by this user`, fix }
    }
    case 'no-such-host': {
      const fix = `Set ${change(hostSetting)} to 127.0.0.1 for this machine only, 0.0.0.0 for all its addresses, or one of its own.`
      return { status: 'broken', detail: `${what}: ${host} is no address of this machine`, fix }
    }
  }
}

const ok = (detail: string): Finding => ({ status: 'ok', detail, fix: '' })

function whoHas(port: number): string {
  return process.platform === 'linux'
    ? `sudo ss -ltnp 'sport = :${port}'`
    : process.platform === 'win32'
      ? `netstat -ano | findstr :${port}`
      : `sudo lsof -nP -iTCP:${port} -sTCP:LISTEN`
}
