import type { TableKind } from '../rows/layout.ts'

/** Names in MySQL that a definition does not contain: those of tables, views and internal columns. */
export const TABLE_PREFIXES: Readonly<Record<TableKind, string>> = Object.freeze({ dimension: 'dim_', fact: 'fact_' })
export const HISTORY_SUFFIX = '_history'

/** Internal columns begin with an underscore, which no defined column may. */
export const LIVE = '_live'
export const LIVE_STAMP = '_live_stamp'
export const ORIGIN_COLUMN = '_origin'
export const CONTENT_HIGH = '_content_high'
export const CONTENT_LOW = '_content_low'
/** The stamp of a register is named after it: `_stamp_name`. */
export const STAMP_PREFIX = '_stamp_'
/** The register that holds the content of a fact. */
export const FACT_CONTENT = 'once'

/**
 * The physical names of a table's columns where they differ from the plain ones. A register that changed gets columns of its own, named
 * after the generation, so that no value ever has two stamps.
 */
export interface PhysicalNames {
  /** By the column's name. */
  readonly columns: Readonly<Record<string, string>>
  /** Of stamps, by the name of their register. */
  readonly stamps: Readonly<Record<string, string>>
}

/** The names in a table's first generation. */
export const PLAIN_NAMES: PhysicalNames = Object.freeze({ columns: Object.freeze({}), stamps: Object.freeze({}) })

/** The physical name of a column that starts over in a generation. */
export function freshColumn(column: string, generation: number): string {
  return `_g${generation}_${column}`
}

/** The plain name of a register's stamp. */
export function stampName(register: string): string {
  return `${STAMP_PREFIX}${register}`
}

/** The physical name of a stamp that starts over in a generation. */
export function freshStamp(register: string, generation: number): string {
  return `_stamp${generation}_${register}`
}

/**
 * The name of the flag in a history that says whether an event wrote to a column, by the column's name there. Of one that has started over
 * it is short, to stay within the 64 characters of MySQL.
 */
export function writtenName(physical: string): string {
  return physical.startsWith('_g') ? physical.replace('_g', '_w') : `_written_${physical}`
}

/** The column that the view of a dimension's members adds. */
export const MEMBER_STATE = 'member_state'
/** The columns that the view of a dimension's history adds. */
export const VERSION_COLUMNS: readonly string[] = Object.freeze(['valid_from', 'valid_to', 'is_current'])

interface NamedTable {
  readonly name: string
  readonly kind: TableKind
  readonly history: boolean
}

/** The names of a definition's tables. */
export function tableNamesOf({ name, kind }: Pick<NamedTable, 'name' | 'kind'>): { main: string; history: string } {
  const main = `${TABLE_PREFIXES[kind]}${name}`
  return { main, history: `${main}${HISTORY_SUFFIX}` }
}

/** The names of a definition's views. */
export function viewNamesOf({ name, kind, history }: NamedTable): { live: string; members?: string; history?: string } {
  return {
    live: name,
    ...(kind === 'dimension' ? { members: `${name}_members` } : {}),
    ...(history ? { history: `${name}${HISTORY_SUFFIX}` } : {}),
  }
}
