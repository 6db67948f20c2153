import { mkdirSync } from 'node:fs'
import { writeFileAtomic } from '../base/atomic-file.ts'
import { type Environment, pageFile, runtimeDir } from '../base/paths.ts'

/** The node's page, signed in: the page takes the token from the fragment, which no browser sends to a server. */
export function signedInUrl(pageUrl: string, token: string): string {
  return `${pageUrl}#token=${encodeURIComponent(token)}`
}

/**
 * Writes a file that leads a browser to `url`, for the user's eyes only. The command line of a browser is seen by every user of the
 * machine, and must not hold the token.
 *
 * @returns its absolute path, the same each time; the node takes it away when it stops
 * @throws system errors when it cannot be written
 */
export function writeForwarder(
  url: string,
  { httpPort, env }: { httpPort: number; env: Environment },
): string {
  mkdirSync(runtimeDir(env), { recursive: true, mode: 0o700 })
  const path = pageFile(httpPort, env)
  writeFileAtomic(path, forwarder(url), 0o600)
  return path
}

/** `replace` leaves no entry in the history from which somebody could come back to the token. */
export function forwarder(url: string): string {
  const script = JSON.stringify(url).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<title>Shoal</title>
<script>location.replace(${script})</script>
<p><a href="${escaped(url)}">Open the page of the node</a></p>
</html>
`
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, (char) => ESCAPES[char]!)
