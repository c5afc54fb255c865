import { readFileSync, writeFileSync, globSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Lets the declarations in a folder be checked where an optional peer is not installed: what they import from it is then `any`. The
 * compiler keeps no comments on imports, so this comes after it.
 */
export function markOptionalPeers(folder: string, peers: readonly string[]): void {
  for (const file of globSync('**/*.d.ts', { cwd: folder })) {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    const marked = withPeersMarked(text, peers)
    if (marked !== text) writeFileSync(path, marked)
  }
}

/** A text of declarations with a comment above each line that names one of these packages. */
export function withPeersMarked(text: string, peers: readonly string[]): string {
  const names = peers.map((peer) => peer.replaceAll(/\W/g, '\\$&')).join('|')
  const line = new RegExp(`^.*(?:from |import\\()['"](?:${names})['"].*$`, 'gm')
  return text.replaceAll(line, (found) => `// @ts-ignore An optional peer.\n${found}`)
}
