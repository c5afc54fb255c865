import type fc from 'fast-check'
import { loadOptionalPeer } from '../core/index.ts'

export type { Arbitrary, RunDetails } from 'fast-check'

/** fast-check, as far as it is used. It is passed on, because only those who check convergence have it. */
export type FastCheck = typeof fc

/** Loads fast-check. Rejects with a ChangeoverError `CONFIG` when it is not installed. */
export async function loadFastCheck(): Promise<FastCheck> {
  const { default: loaded } = await loadOptionalPeer('fast-check', 'checkConvergence', () => import('fast-check'))
  return loaded
}
