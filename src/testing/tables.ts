import { ChangeoverError } from '../core/index.ts'
import { checksumOf, type Relation } from '../star/index.ts'
import type { MergePort, ReadPort, ReportPort, SchemaPort } from '../warehouse/index.ts'

/** What the check needs of a warehouse. */
export type CheckedWarehouse = MergePort & ReadPort & Pick<SchemaPort, 'clear'> & Pick<ReportPort, 'address'>

/** Throws a ChangeoverError `CONFIG` unless all these tables are empty. */
export async function assertEmpty(warehouse: CheckedWarehouse, relations: readonly Relation[]): Promise<void> {
  for (const relation of relations) {
    if (await isEmpty(warehouse, relation)) continue
    throw new ChangeoverError(
      'CONFIG',
      `The table ${relation.name} at ${warehouse.address} is not empty, and the check would empty it.`,
      { remedy: 'Use a database that is for tests only.' },
    )
  }
}

export async function clearAll(warehouse: Pick<SchemaPort, 'clear'>, relations: readonly Relation[]): Promise<void> {
  for (const relation of relations) await warehouse.clear(relation)
}

/** Throws an Error that names the first table that does not hold what it should. */
export async function assertEqual(
  warehouse: ReadPort,
  expected: ReadPort,
  relations: readonly Relation[],
): Promise<void> {
  for (const relation of relations) {
    const [is, should] = [await warehouse.buckets(relation), await expected.buckets(relation)]
    if (checksumOf(is) !== checksumOf(should)) throw new Error(`the table ${relation.name} depends on the delivery`)
  }
}

async function isEmpty(warehouse: ReadPort, relation: Relation): Promise<boolean> {
  for await (const _page of warehouse.scan(relation, { pageRows: 1 })) return false
  return true
}
