import { spawn } from 'node:child_process'
import type { Environment } from '../base/paths.ts'

/** What opens a file with the user's browser. */
export interface BrowserCommand {
  readonly command: string
  readonly args: readonly string[]
}

/** An opener that still runs after so long has not failed, ms: some stay as long as the browser does. */
const FAILS_WITHIN_MS = 2000

/**
 * The command that opens `file`; undefined when nobody would see it: in CI, over SSH, on a Linux or BSD without a display.
 *
 * @param platform as `process.platform`
 */
export function browserCommand(
  file: string,
  { platform, env }: { platform: string; env: Environment },
): BrowserCommand | undefined {
  if (isSet(env.CI) || env.SSH_CONNECTION || env.SSH_TTY) return undefined
  if (platform === 'darwin') return { command: 'open', args: [file] }
  // The empty word is the title of the window: without it `start` takes a quoted path for one.
  if (platform === 'win32') return { command: 'cmd.exe', args: ['/c', 'start', '', file] }
  return env.DISPLAY || env.WAYLAND_DISPLAY ? { command: 'xdg-open', args: [file] } : undefined
}

const isSet = (value: string | undefined) => value !== undefined && !['', '0', 'false'].includes(value)

/** Starts it on its own, so that it outlives this process. False when it cannot be started or fails at once. */
export function launchBrowser({ command, args }: BrowserCommand): Promise<boolean> {
  const child = spawn(command, args, { detached: true, stdio: 'ignore' })
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(true), FAILS_WITHIN_MS)
  child.on('error', () => resolve(false))
  child.on('exit', (code) => resolve(code === 0))
  return promise.finally(() => {
    clearTimeout(timer)
    child.unref()
  })
}
