import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A real history of several years, with figures computed by other means. It is not part of the package. */
export const samplePath =
  process.env['CHANGEOVER_EVENTS'] ??
  fileURLToPath(new URL('../../../shared/data/express-history.ndjson.gz', import.meta.url))

/** A sample that was named explicitly must exist. */
export const hasSample = process.env['CHANGEOVER_EVENTS'] !== undefined || existsSync(samplePath)

export interface Oracle {
  events: number
  eventsByType: Record<string, number>
  liveFiles: number
  liveBytes: number
  liveFilesSha256: string
  liveFilesByTopFolder: Record<string, number>
  commitsByYear: Record<string, number>
  commits: number
  authors: number
  topAuthors: [author: string, commits: number][]
}

export function readOracle(): Oracle {
  return JSON.parse(readFileSync(samplePath.replace(/\.ndjson(\.gz)?$/, '.oracle.json'), 'utf8')) as Oracle
}
