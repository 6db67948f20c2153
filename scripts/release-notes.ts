// Prints what CHANGELOG.md says of a version: node scripts/release-notes.ts v1.2.3
// Fails unless package.json is of that version and the changelog has a section for it.
import { readFileSync } from 'node:fs'

/** The text below `## [VERSION]`, without the heading; undefined when there is none. */
export function sectionOf(changelog: string, version: string): string | undefined {
  const parts = changelog.split(/^## /m)
  const part = parts.find((text) => text.startsWith(`[${version}]`))
  const text = part?.slice(part.indexOf('\n') + 1).trim()
  return text || undefined
}

/** What is wrong with a release of `tag`; undefined when nothing is. */
export function releaseProblem(
  tag: string,
  facts: { version: string; changelog: string },
): string | undefined {
  const { version, changelog } = facts
  if (tag !== `v${version}`) return `The tag is ${tag}, package.json says ${version}.`
  if (!sectionOf(changelog, version)) return `CHANGELOG.md has no section "## [${version}]" with text.`
  return undefined
}

if (import.meta.main) {
  const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
  const { version } = JSON.parse(read('package.json')) as { version: string }
  const changelog = read('CHANGELOG.md')
  const problem = releaseProblem(process.argv[2] ?? '', { version, changelog })
  if (problem) {
    console.error(problem)
    process.exitCode = 1
  } else console.log(sectionOf(changelog, version))
}
