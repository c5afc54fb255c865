import { messageOf } from '../core/index.ts'
import { withoutBody } from '../ledger/index.ts'
import { mergeBatch, type Relation, type Row } from '../star/index.ts'
import type { MergePort } from '../warehouse/index.ts'
import { blameOf } from './blame.ts'
import { isolate, type Blame } from './isolate.ts'

/**
 * Writes rows of the quarantine, so that none of them can hold up the others or what follows: a row that the server does not take
 * is written without its body, and is left out when it is not taken even so. Gives the number of those. Rejects as `merge` does
 * when the rows are not to blame.
 */
export async function writeQuarantine(
  target: MergePort,
  quarantine: Relation,
  rows: readonly Row[],
  signal: AbortSignal | undefined,
): Promise<number> {
  if (rows.length === 0) return 0
  const check = () => target.merge(quarantine, [], { signal })
  const write = (some: readonly Row[], otherwise: Blame) =>
    isolate(some, {
      async write(these) {
        await target.merge(quarantine, mergeBatch(quarantine, these), { signal })
        return these.length
      },
      check,
      control: check,
      blameOf(thrown) {
        const blame = blameOf(thrown, signal)
        return blame === 'possible' ? otherwise : blame
      },
      reasonOf: messageOf,
    })
  const { refused } = await write(rows, 'possible')
  if (refused.length === 0) return 0
  // Without its body a row is like any other, so only an error that is certainly the row's own is held against it.
  const smaller = await write(
    refused.map(({ item, reason }) => withoutBody(item, reason)),
    'none',
  )
  return smaller.refused.length
}
