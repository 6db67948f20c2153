// The command line. What needs time to load (the node itself, HTTP) is loaded by the commands that need it.
import { processIo } from './io.ts'
import { runCli } from './run.ts'

process.exitCode = await runCli(process.argv.slice(2), processIo())
