/**
 * The outcome of a check. Only `agree` is a success; each of the others says why the check is not one.
 *
 * - `agree`: everything was compared, and nothing differed.
 * - `differ`: something differed.
 * - `partial`: what was compared agreed, but not everything was compared.
 * - `empty`: there was nothing to compare on either side.
 * - `stale`: the evidence is older than it may be.
 * - `failed`: the check could not be made.
 */
export type Verdict = 'agree' | 'differ' | 'partial' | 'empty' | 'stale' | 'failed'

/** Something that a check found, with its evidence. */
export interface Finding {
  /** A word to group and filter by: `'conflicting-values'`. */
  readonly cause: string
  /** Ids, counts and places that let a person look it up; no personal values. */
  readonly evidence: Readonly<Record<string, string | number | boolean>>
  /** When it was found. */
  readonly when: Date
}

const WORST_FIRST: readonly Verdict[] = ['failed', 'differ', 'stale', 'partial', 'empty', 'agree']

/** The verdict on several checks together: the worst of theirs; `empty` when there are no checks. */
export function worstVerdict(verdicts: Iterable<Verdict>): Verdict {
  const given = new Set(verdicts)
  return WORST_FIRST.find((verdict) => given.has(verdict)) ?? 'empty'
}
