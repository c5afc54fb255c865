import { posix } from 'node:path'
import { cyclesIn } from './cycles.ts'
import { importsIn } from './imports.ts'
import type { Room } from './rooms.ts'

/** The text of each file by its path from the root of the repository. */
export type Files = ReadonlyMap<string, string>

/** An import of one file of the repository by another. */
export interface Edge {
  readonly from: string
  readonly to: string
  readonly line: number
}

/** The relative imports of these files. */
export function edgesOf(files: Files): Edge[] {
  return [...files].flatMap(([from, text]) =>
    importsIn(text)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, line }) => ({ from, to: posix.join(posix.dirname(from), specifier), line })),
  )
}

/** Imports that the table of rooms does not allow: a room that is not listed, or a file other than a room's index.ts. */
export function forbiddenImports(files: Files, rooms: readonly Room[]): string[] {
  const byName = new Map(rooms.map((room) => [room.name, room]))
  return edgesOf(files).flatMap(({ from, to, line }) => {
    const place = `${from}:${line}`
    const room = byName.get(roomOf(from) ?? '')
    const target = roomOf(to)
    if (room === undefined) return [`${place} is in no room of the table`]
    if (target === undefined) return room.outside?.includes(to) ? [] : [`${place} leaves src/ for ${to}`]
    if (target === room.name)
      return to === indexFileOf(target) && from !== to ? [`${place} uses its own room's index.ts`] : []
    if (!room.enters.includes(target)) return [`${place} enters ${target}/, which ${room.name}/ may not`]
    return to === indexFileOf(target) ? [] : [`${place} enters ${target}/ by ${to}, past its index.ts`]
  })
}

/** Imports by package name of the package itself, which would enter a room from outside. */
export function importsOfSelf(files: Files): string[] {
  return [...files].flatMap(([path, text]) =>
    importsIn(text)
      .filter(({ specifier }) => /^changeover(\/|$)/.test(specifier))
      .map(({ specifier, line }) => `${path}:${line} imports ${specifier}`),
  )
}

/** Files, outside the rooms, that enter one by another file than its index.ts. */
export function bypassingIndex(files: Files): string[] {
  return edgesOf(files)
    .filter(({ to }) => roomOf(to) !== undefined && to !== indexFileOf(roomOf(to)!))
    .map(({ from, to, line }) => `${from}:${line} enters by ${to}, past the room's index.ts`)
}

/** Cycles of files, type-only imports included. */
export function fileCycles(files: Files): string[] {
  return cyclesAmong(edgesOf(files), (path) => path)
}

/** Cycles of rooms. */
export function roomCycles(files: Files): string[] {
  return cyclesAmong(edgesOf(files), (path) => roomOf(path) ?? path)
}

/** Cycles of folders within a room. A file that lies in no subfolder counts for itself. */
export function folderCycles(files: Files): string[] {
  return cyclesAmong(
    edgesOf(files).filter(({ from, to }) => roomOf(from) === roomOf(to)),
    (path) => (path.split('/').length > 3 ? posix.dirname(path) : path),
  )
}

/** Files deeper than a folder of a room, where the lint rules do not reach. */
export function deepFiles(files: Files): string[] {
  return [...files.keys()]
    .filter((path) => path.split('/').length > 4)
    .map((path) => `${path}:1 is in a folder of a folder`)
}

/** Files with more lines than the limit. */
export function longFiles(files: Files, limit: number): string[] {
  return [...files]
    .map(([path, text]) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > limit)
    .map(({ path, lines }) => `${path}:${lines} is past line ${limit}`)
}

/** The room of a file of `src/`. */
export function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1]
}

function indexFileOf(room: string): string {
  return `src/${room}/index.ts`
}

/** The cycles among the groups that `group` puts files in, with a file and line for each step. */
function cyclesAmong(edges: readonly Edge[], group: (path: string) => string): string[] {
  const graph = new Map<string, Set<string>>()
  const steps = new Map<string, string>()
  for (const { from, to, line } of edges) {
    const [source, target] = [group(from), group(to)]
    if (source === target && from !== to) continue
    graph.set(source, (graph.get(source) ?? new Set()).add(target))
    const step = `${source} ${target}`
    if (!steps.has(step)) steps.set(step, `${from}:${line} → ${to}`)
  }
  return cyclesIn(graph).map((nodes) =>
    nodes
      .slice(1)
      .map((target, at) => steps.get(`${nodes[at]} ${target}`))
      .join(', '),
  )
}
