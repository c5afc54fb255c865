import type { Merge, Slot, TableKind } from '../rows/layout.ts'
import type { Columns, ColumnSpec } from './column.ts'
import { FACT_CONTENT } from './names.ts'

/** A dimension or a fact as it was written. */
export interface TableDefinition {
  readonly name: string
  readonly kind: TableKind
  readonly key: Columns
  readonly columns: Columns
  /** Whether the past values of its columns are kept. */
  readonly history: boolean
  /** Columns by which reports search, per index. */
  readonly index: readonly (readonly string[])[]
}

/** A column of a definition, with what its table decides for it. */
export interface DefinedColumn extends Omit<Slot, 'index' | 'stamp'> {
  /** The register that holds it: columns of one register share a stamp. Undefined where no stamp decides. */
  readonly register: string | undefined
  readonly comment: string | undefined
}

/** The columns of a definition, those of the key first. */
export function definedColumns({ kind, key, columns }: TableDefinition): DefinedColumn[] {
  return [
    ...Object.entries(key).map(([name, { spec }]) => ({
      ...plain(name, spec, 'once'),
      register: undefined,
      isKey: true,
    })),
    ...Object.entries(columns).map(([name, { spec }]) => {
      const merge = spec.merge !== 'default' ? spec.merge : kind === 'fact' ? 'once' : 'last'
      return { ...plain(name, spec, merge), register: registerOf(name, spec, merge), isKey: false }
    }),
  ]
}

function plain(name: string, spec: ColumnSpec, merge: Merge): Omit<DefinedColumn, 'register' | 'isKey'> {
  const { type, nullable, default: fallback, group, pii, comment } = spec
  return { name, type, nullable, default: fallback, merge, group, isPersonal: pii, comment }
}

function registerOf(name: string, { group, pii }: ColumnSpec, merge: Merge): string | undefined {
  if (merge !== 'last' && merge !== 'once' && merge !== 'first') return undefined
  // Erasure outranks every stamp, so personal data never shares one with values that outlive it.
  return group ?? (merge === 'once' && !pii ? FACT_CONTENT : name)
}

/** Whether the past values of a column are kept, if its dimension keeps a history. */
export function hasPast({ isKey, merge, isPersonal }: Pick<Slot, 'isKey' | 'merge' | 'isPersonal'>): boolean {
  return !isKey && merge === 'last' && !isPersonal
}
