import { ChangeoverError } from '../../core/index.ts'
import type { Column, Columns, Nullable } from './column.ts'

/** A role of a fact that a row may leave empty. Made by {@link optional}. */
export interface OptionalDimension<K extends Columns = Columns> {
  readonly kind: 'optional'
  /** The key of the dimension, each column nullable. */
  readonly key: { readonly [N in keyof K]: K[N] extends Column<infer S> ? Nullable<S> : never }
}

/**
 * A role of a fact that a row may leave empty: its key columns are nullable, and a create may leave them out. Throws a ChangeoverError
 * `DEFINITION` for anything but a dimension.
 *
 * @example
 * import { column, dimension, fact, optional } from 'changeover'
 *
 * const author = dimension('author', { key: { author_id: column.varchar(14) } })
 * const change = fact('change', {
 *   key: { event_id: column.objectId() },
 *   dimensions: { author, reviewer: optional(author) },
 * })
 * change.create({ event_id: '65f000000000000000000001' }, { author_id: 'ann', reviewer_author_id: null })
 */
export function optional<K extends Columns>(dimension: {
  readonly kind: 'dimension'
  readonly key: K
}): OptionalDimension<K> {
  const given: Partial<typeof dimension> | undefined = dimension
  if (given?.kind !== 'dimension' || given.key === undefined) {
    throw new ChangeoverError('DEFINITION', 'optional(…) was given something that is not a dimension.', {
      remedy: 'Pass what dimension(…) gives; for a plain column, write .nullable().',
    })
  }
  const columns = Object.entries(given.key).map(([name, column]) => [name, column.nullable()])
  return Object.freeze({ kind: 'optional', key: Object.fromEntries(columns) as OptionalDimension<K>['key'] })
}
