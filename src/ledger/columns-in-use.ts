import { ownOf } from '../core/index.ts'
import { type AnyTable, physicalColumnsOf, PLAIN_NAMES, relationsOf, tableNamesOf, viewNamesOf } from '../star/index.ts'
import type { CallOptions, ColumnsByTable, RegistryPort, RetiredHistory, Step } from '../warehouse/index.ts'
import type { Generation } from './generations.ts'
import { isAlive, readWorkers } from './workers.ts'

/** The columns that the latest definitions write to, by the name of the table in MySQL. */
export function columnsInUse(known: readonly Generation[]): ColumnsByTable {
  const latest = new Map(known.map((generation) => [generation.document.migration, generation]))
  return columnsOf([...latest.values()])
}

function columnsOf(generations: readonly Generation[]): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>()
  for (const { document, names } of generations) {
    for (const [name, description] of Object.entries(document.tables)) {
      const state = { description, names: ownOf(names, name) ?? PLAIN_NAMES }
      for (const [table, columns] of physicalColumnsOf(name, state)) {
        all.set(table, new Set([...(all.get(table) ?? []), ...columns]))
      }
    }
  }
  return all
}

/** The columns that workers write to which were alive a short time ago, by the name of the table in MySQL. */
export async function columnsStillWritten(
  warehouse: RegistryPort,
  known: readonly Generation[],
  now: Date,
  options: CallOptions,
): Promise<ColumnsByTable> {
  const alive = new Set<number>()
  for (const migration of new Set(known.map(({ document }) => document.migration))) {
    const workers = await readWorkers({ name: migration }, warehouse, options)
    for (const worker of workers) if (isAlive(worker, now)) alive.add(worker.generation)
  }
  return columnsOf(known.filter(({ number }) => alive.has(number)))
}

/** The names of the definitions of tables that steps make or extend although a registered definition has filled what is missing. */
export function lostTables(
  tables: readonly AnyTable[],
  steps: readonly Step[],
  inUse: ColumnsByTable,
): ReadonlySet<string> {
  const lost = new Set(
    steps.flatMap(({ target }) => {
      if (target === undefined) return []
      const { table, column } = target
      const isLost = column === undefined ? inUse.has(table) : inUse.get(table)?.has(column)
      return isLost ? [table] : []
    }),
  )
  return new Set(
    tables.filter((table) => relationsOf(table).some(({ name }) => lost.has(name))).map(({ name }) => name),
  )
}

/** The histories that earlier definitions of these tables kept, and theirs do not. */
export function retiredHistories(tables: readonly AnyTable[], known: readonly Generation[]): RetiredHistory[] {
  return tables.flatMap((table) => {
    const { name, kind, history } = table
    const hadHistory = known.some(({ document }) => ownOf(document.tables, name)?.history === true)
    if (history || !hadHistory) return []
    return [{ view: viewNamesOf({ name, kind, history: true }).history!, table: tableNamesOf({ name, kind }).history }]
  })
}

/** The columns that are no longer defined and that workers still write to: `dim_user.mail`. */
export function keptColumns(
  tables: readonly AnyTable[],
  retired: readonly RetiredHistory[],
  stillWritten: ColumnsByTable,
): string[] {
  const defined = new Map(
    tables.flatMap(relationsOf).map(({ name, columns }) => [name, new Set(columns.map((column) => column.name))]),
  )
  const histories = retired.map(({ table }) => table).filter((table) => stillWritten.has(table))
  const left = [...stillWritten].flatMap(([table, columns]) =>
    [...columns].filter((column) => defined.get(table)?.has(column) === false).map((column) => `${table}.${column}`),
  )
  return [...histories, ...left]
}
