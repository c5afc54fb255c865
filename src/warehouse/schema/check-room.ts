import { ChangeoverError } from '../../core/index.ts'
import { MAX_PAGE_BYTES, pageBytesOf, type Relation, type SizedColumn } from '../../star/index.ts'
import type { CatalogColumn } from './catalog.ts'

/** How many bytes the types take whose names do not tell. */
const BYTES: Readonly<Record<string, number>> = Object.freeze({
  TINYINT: 1,
  INT: 4,
  BIGINT: 8,
  DOUBLE: 8,
  DATE: 3,
  DATETIME: 7,
})

/**
 * Throws a ChangeoverError `SCHEMA` when a table has no room for its new columns, because columns that are no longer defined are still
 * there: a row would not fit in a page of InnoDB.
 *
 * @param left those columns, by name
 */
export function checkRoom(
  relation: Relation,
  present: ReadonlyMap<string, CatalogColumn>,
  left: ReadonlyMap<string, CatalogColumn>,
): void {
  if (left.size === 0 || relation.columns.every(({ name }) => present.has(name))) return
  const columns = [...relation.columns, ...[...left.values()].map(sizedColumn)]
  const bytes = pageBytesOf({ columns, keyLength: relation.keyLength })
  if (bytes <= MAX_PAGE_BYTES) return
  throw new ChangeoverError(
    'SCHEMA',
    `The table ${relation.name} has no room for its new columns: with those that are no longer defined (${[...left.keys()].join(', ')}), ` +
      `a row takes up to ${bytes} bytes of a page, and InnoDB holds ${MAX_PAGE_BYTES}.`,
    {
      remedy:
        'Drop those, once no worker writes to them: changeover apply --allow-destructive. Or migrate into a new database.',
    },
  )
}

function sizedColumn({ type, collation }: CatalogColumn): SizedColumn {
  const sql = type.toUpperCase()
  const keyBytes = BYTES[/^\w+/.exec(sql)?.[0] ?? '']
  const charset = collation?.startsWith('ascii') ? 'ascii' : 'utf8mb4'
  return { nullable: true, type: { sql, charset, ...(keyBytes === undefined ? {} : { keyBytes }) } }
}
