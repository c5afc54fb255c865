import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { propertyOf } from '../core/index.ts'

/** A line of a file. */
export interface Place {
  readonly file: string
  readonly line: number
}

/** The folder of this package's own code. */
const OWN = fileURLToPath(new URL('..', import.meta.url))

/**
 * Where the user's code failed, by the stack of what was thrown: the line that a syntax error names, else the first line that is neither
 * Node's nor an installed package's. Undefined when the stack does not tell.
 */
export function placeIn(thrown: unknown): Place | undefined {
  const stack = propertyOf(thrown, 'stack')
  if (typeof stack !== 'string') return undefined
  const lines = stack.split('\n')
  const named = placeOf(lines[0] ?? '')
  if (named !== undefined) return named
  for (const line of lines) {
    const frame = /^\s+at (?:.*\()?(.+?:\d+):\d+\)?$/.exec(line)?.[1]
    const place = frame === undefined ? undefined : placeOf(frame)
    if (place !== undefined && isUsers(place.file)) return place
  }
  return undefined
}

/** A path or the URL of a file, a colon and the line. */
function placeOf(text: string): Place | undefined {
  const [, name, line] = /^((?:file:\/\/|\/|[A-Za-z]:\\).*):(\d+)$/.exec(text.trim()) ?? []
  if (name === undefined) return undefined
  return { file: name.startsWith('file:') ? fileURLToPath(name) : name, line: Number(line) }
}

function isUsers(file: string): boolean {
  return !file.startsWith(OWN) && !file.includes(`${sep}node_modules${sep}`)
}
