import { checkOf, type DoctorCheck } from '../check.ts'

const LEAST_MAJOR = 24
/** Of Node 24: HTTP/2 headers may take any amount of memory before (CVE-2026-56846). */
const SAFE = [24, 18, 1] as const

/** @param version as `process.versions.node` */
export function nodeVersionCheck(version: string): DoctorCheck {
  const { ok, warn, broken } = checkOf('node-version', 'Node.js')
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number)
  const fix = `Install Node.js ${SAFE.join('.')} or newer: https://nodejs.org`
  if (major < LEAST_MAJOR) return broken(`${version} is too old: Shoal needs ${LEAST_MAJOR}.`, fix)
  const isOld = major === SAFE[0] && (minor < SAFE[1] || (minor === SAFE[1] && patch < SAFE[2]))
  if (isOld) return warn(`${version} lets a peer fill the memory by HTTP/2 headers (CVE-2026-56846).`, fix)
  return ok(`${version}.`)
}
