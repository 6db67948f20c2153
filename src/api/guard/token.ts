import { createHash, timingSafeEqual } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { writeFileAtomic } from '../../base/atomic-file.ts'
import type { Logger } from '../../base/log.ts'
import { tokenFile } from '../../base/paths.ts'
import type { Random } from '../../base/random.ts'

/** 256 bits: not to be guessed, whatever the rate of attempts. */
const TOKEN_BYTES = 32
const TOKEN_FORM = /^[A-Za-z0-9_-]{43}$/

/**
 * The API token of a data folder: read from its file (see paths.ts), or made there on the first start,
 * readable by its owner only. A file that others could read, or that holds no token, gets a new one.
 *
 * @throws system errors when the file cannot be written
 */
export function loadToken(dataDir: string, { random, log }: { random: Random; log: Logger }): string {
  const path = tokenFile(dataDir)
  const { token, fault } = read(path)
  if (token) return token
  if (fault) log.warn({ path, fault }, 'made a new API token')
  const fresh = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')
  writeFileAtomic(path, `${fresh}\n`, 0o600)
  return fresh
}

function read(path: string): { token?: string; fault?: string } {
  let file: number
  try {
    // A symbolic link could point to a file of somebody else's choice.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? {} : { fault: (error as Error).message }
  }
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) return { fault: 'the token file is not a file' }
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)
      return { fault: 'others could read the old one' }
    const token = stat.size > 1024 ? '' : readFileSync(file, 'utf8').trim()
    return TOKEN_FORM.test(token) ? { token } : { fault: 'the token file holds no token' }
  } finally {
    closeSync(file)
  }
}

/**
 * Tells whether an `Authorization` header carries `token` as a bearer token (RFC 6750, section 2.1). The time
 * taken does not depend on how much of it is right: digests of equal length are compared.
 */
export function bearerCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = digest(token)
  return (authorization) => {
    const given = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization ?? '')?.[1]
    return given !== undefined && timingSafeEqual(digest(given), expected)
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest()
