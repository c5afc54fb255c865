import { ChangeoverError, type ErrorCode } from '../core/index.ts'
import type { Blame } from './isolate.ts'

/** Errors that say what is wrong, and that it is not the rows. */
const NEVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['UNREACHABLE', 'DENIED', 'SCHEMA', 'CONFIG', 'ABORTED'])

/** Whether rows can be to blame for what a merge threw. With any error but these few they can: no list of errors is complete. */
export function blameOf(thrown: unknown, signal?: AbortSignal): Blame {
  if (signal?.aborted) return 'none'
  if (!(thrown instanceof ChangeoverError)) return 'possible'
  if (thrown.code === 'VALUE') return 'certain'
  return NEVER.has(thrown.code) ? 'none' : 'possible'
}
