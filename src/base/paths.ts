import { homedir } from 'node:os'
import { join } from 'node:path'

/** The environment that decides where things are; handed in for tests. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The data folder of a node that was not given one: `$XDG_DATA_HOME/shoal`, else `~/.local/share/shoal`. The
 * same on every system, so that what the manual says holds everywhere.
 */
export function defaultDataDir(env: Environment = process.env): string {
  return join(xdg(env, 'XDG_DATA_HOME') ?? join(homedir(), '.local', 'share'), 'shoal')
}

/**
 * Where running nodes of this user are noted, so that their clients find them: `$XDG_RUNTIME_DIR/shoal`, else
 * `$XDG_STATE_HOME/shoal/run`, else `~/.local/state/shoal/run`.
 */
export function runtimeDir(env: Environment = process.env): string {
  const runtime = xdg(env, 'XDG_RUNTIME_DIR')
  if (runtime) return join(runtime, 'shoal')
  return join(xdg(env, 'XDG_STATE_HOME') ?? join(homedir(), '.local', 'state'), 'shoal', 'run')
}

/** What the node with this data folder says about itself while it runs. */
export function nodeFile(dataDir: string): string {
  return join(dataDir, 'node.json')
}

/** The API token of the node with this data folder. */
export function tokenFile(dataDir: string): string {
  return join(dataDir, 'api.token')
}

/** The same as {@link nodeFile}, found by the port of the node's HTTP API. */
export function runtimeFile(httpPort: number, env: Environment = process.env): string {
  return join(runtimeDir(env), `${httpPort}.json`)
}

/** The file that leads a browser to the page of the node with this port, signed in. It holds the node's token. */
export function pageFile(httpPort: number, env: Environment = process.env): string {
  return join(runtimeDir(env), `${httpPort}.html`)
}

/**
 * An absolute path from the variable; relative ones are to be ignored (XDG Base Directory Specification 0.8).
 */
function xdg(env: Environment, name: string): string | undefined {
  const value = env[name]
  return value?.startsWith('/') ? value : undefined
}
