import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Files } from '../../dev/rooms/structure.ts'

/** The repository's folder, with a slash at its end. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** The text of a file, by its path from the root. */
export function read(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8')
}

/** The texts of the files that a pattern matches. */
export function files(...patterns: readonly string[]): Files {
  const found = globSync([...patterns], { cwd: root, exclude: ['**/node_modules/**'] })
  return new Map(found.toSorted().map((path) => [path.replaceAll('\\', '/'), read(path)]))
}
