import type { Relation } from '../star/index.ts'
import type { CallOptions } from './port.ts'
import type { SqlSession } from './session.ts'
import { quote } from './sql.ts'

/** Resolves when the server takes writes of this table at present; writes nothing. */
export async function probe(session: SqlSession, relation: Relation, { signal }: CallOptions = {}): Promise<void> {
  await session.use((connection) => connection.execute(probeSql(relation)), { signal })
}

/**
 * A statement that writes nothing, and fails where a merge into this table would. It names a column that is not in the key: Vitess
 * refuses an update of the column that decides on which shard a row is, even if it changes nothing.
 */
export function probeSql(relation: Relation): string {
  const name = quote(relation.columns.at(-1)!.name)
  return `UPDATE ${quote(relation.name)} SET ${name} = ${name} WHERE 1 = 0`
}
