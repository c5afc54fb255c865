// Writes what follows from the table of rooms: the lint rules and the map in CONTRIBUTING.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { withRoomRules, type LintConfig } from './lint.ts'
import { withMap } from './map.ts'
import { ROOMS } from './rooms.ts'

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const rewrite = (path: string, change: (text: string) => string): void => {
  writeFileSync(at(path), change(readFileSync(at(path), 'utf8')))
}

rewrite(
  '.oxlintrc.json',
  (text) => `${JSON.stringify(withRoomRules(JSON.parse(text) as LintConfig, ROOMS), null, 2)}\n`,
)
rewrite('CONTRIBUTING.md', (text) => withMap(text, ROOMS))
