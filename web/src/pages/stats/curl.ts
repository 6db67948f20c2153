/** One word for a POSIX shell, whatever is in it. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The command that asks for `path` with the token of the node's data folder, which only its owner can read. */
export const curlOf = (origin: string, path: string, dataDir: string): string =>
  `curl -H "Authorization: Bearer $(cat ${shellWord(`${dataDir}/api.token`)})" ${shellWord(origin + path)}`
