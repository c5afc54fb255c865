import { mergeBatch } from '../../src/star/rows/merge.ts'
import type { Operation } from '../../src/star/rows/operation.ts'
import { rowsOf } from '../../src/star/rows/row.ts'
import { stampOf } from '../../src/star/rows/stamp.ts'
import type { AnyTable } from '../../src/star/define/table.ts'
import { relationsOf } from '../../src/star/define/table.ts'
import type { MergePort } from '../../src/warehouse/index.ts'

/** What one event does, its position, and when it happened. */
export interface Doing {
  readonly seq: number
  readonly operations: readonly Operation[]
  readonly at?: string
  readonly revision?: number
}

const SOME_TIME = '2024-02-29 12:00:00.000'

/** Merges what events did into the tables, as one batch. */
export async function write(target: MergePort, tables: readonly AnyTable[], events: readonly Doing[]): Promise<void> {
  const rows = events.flatMap(({ seq, operations, at = SOME_TIME, revision = 1 }) =>
    rowsOf(operations, stampOf(BigInt(seq), seq, revision), 'live', at),
  )
  for (const relation of tables.flatMap(relationsOf)) {
    const own = rows.filter((row) => row.relation === relation).map(({ row }) => row)
    await target.merge(relation, mergeBatch(relation, own))
  }
}

/** Events that each do one thing, one after another. */
export function inOrder(...operations: readonly Operation[]): Doing[] {
  return operations.map((operation, seq) => ({ seq, operations: [operation] }))
}
