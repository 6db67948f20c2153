// The command line. What needs time to load (the node itself, HTTP) is loaded by the commands that need it.
import { enableCompileCache } from 'node:module'

// Halves the time to load: compiled code is kept in the folder for temporary files, or where NODE_COMPILE_CACHE says.
enableCompileCache()
const [{ processIo }, { runCli }] = await Promise.all([import('./io.ts'), import('./run.ts')])
process.exitCode = await runCli(process.argv.slice(2), processIo())
