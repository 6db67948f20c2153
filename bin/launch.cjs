// Checks the version of Node in words that any version understands, then starts the program that is named first.
const { pathToFileURL } = require('node:url')

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(`shoal: needs Node 24 or newer, found ${process.version}.\n`)
  process.exit(1)
}
// V8 takes only compiled code that was made with the same flags. What bin/shoal set has done its work when the heap was made; Node's own
// compiled modules, which threads load too, are good again without it.
require('node:v8').setFlagsFromString('--initial-old-space-size=0')
// The program sees itself where a program is, and its arguments after that.
process.argv.splice(1, 1)
import(pathToFileURL(process.argv[1]).href)
