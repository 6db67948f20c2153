// Writes docs/CONFIG.md from the settings' schemas; a test compares the two.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describeSettings, IndexSettings, NodeSettings } from '../src/node/settings.ts'

function table(schema: Parameters<typeof describeSettings>[0]): string {
  const rows = describeSettings(schema).map(({ key, environment, default: preset, description, restart }) => {
    const shown = key === 'name' ? 'the machine’s name' : `\`${JSON.stringify(preset)}\``
    return `| \`${key}\` | \`${environment}\` | ${shown} | ${restart ? 'restart' : 'at once'} | ${description} |`
  })
  return [
    '| setting | environment | default | takes effect | meaning |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** The whole text of docs/CONFIG.md. */
export function configMarkdown(): string {
  return `# Configuration

A flag wins over an environment variable, that over \`config.json\`, that over the default. \`config.json\` lies in the data
folder when that was given with \`--data\`, otherwise in \`$XDG_CONFIG_HOME/shoal\` or \`~/.config/shoal\`; it is watched, and
settings marked *at once* take effect while the node runs. \`shoal config\` shows what is in force and where it comes from;
\`shoal config set KEY VALUE\` writes the file. In environment variables lists are separated by commas.

## Node (\`shoal start\`)

${table(NodeSettings)}

## Index server (\`shoal index\`)

${table(IndexSettings)}
`
}

if (import.meta.main) {
  writeFileSync(fileURLToPath(new URL('../docs/CONFIG.md', import.meta.url)), configMarkdown())
}
