/** A row to compare: values by column. */
export type RowValues = Readonly<Record<string, unknown>>

/** The two sides of a comparison. */
export type Side = 'legacy' | 'warehouse'

/** A row on which the two sides do not agree. */
export type Difference =
  /** Only the old report has it. */
  | { readonly kind: 'missing'; readonly key: RowValues; readonly legacy: RowValues }
  /** Only the new report has it. */
  | { readonly kind: 'extra'; readonly key: RowValues; readonly warehouse: RowValues }
  /** Both have it, with different values in these columns. */
  | { readonly kind: 'changed'; readonly key: RowValues; readonly columns: Readonly<Record<string, Change>> }
  /** One side has the key more than once, so its rows cannot be told apart. */
  | { readonly kind: 'duplicate'; readonly key: RowValues; readonly side: Side }

/** The two values of a column. */
export interface Change {
  readonly legacy: unknown
  readonly warehouse: unknown
}
