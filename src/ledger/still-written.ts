import { physicalColumnsOf, PLAIN_NAMES, tableNamesOf } from '../star/index.ts'
import type { CallOptions, RegistryPort } from '../warehouse/index.ts'
import type { Generation } from './generations.ts'
import { isAlive, readWorkers } from './workers.ts'

/** The physical columns that living workers write to, by table (`dim_file`). */
export async function columnsStillWritten(
  warehouse: RegistryPort,
  known: readonly Generation[],
  now: Date,
  options: CallOptions,
): Promise<Map<string, Set<string>>> {
  const written = new Map<string, Set<string>>()
  for (const generation of await generationsInUse(warehouse, known, now, options)) {
    for (const [table, columns] of columnsOf(generation)) {
      written.set(table, new Set([...(written.get(table) ?? []), ...columns]))
    }
  }
  return written
}

async function generationsInUse(
  warehouse: RegistryPort,
  known: readonly Generation[],
  now: Date,
  options: CallOptions,
): Promise<Generation[]> {
  const numbers = new Set<number>()
  for (const migration of new Set(known.map(({ document }) => document.migration))) {
    const workers = await readWorkers({ name: migration }, warehouse, options)
    for (const worker of workers) if (isAlive(worker, now)) numbers.add(worker.generation)
  }
  return known.filter(({ number }) => numbers.has(number))
}

/** The tables of a generation, each with its physical columns; those of a history count whether it has one or not. */
function columnsOf({ document, names }: Generation): [table: string, columns: ReadonlySet<string>][] {
  return Object.entries(document.tables).flatMap(([name, description]) => {
    const columns = physicalColumnsOf({ description, names: names[name] ?? PLAIN_NAMES })
    const tables = Object.values(tableNamesOf({ kind: description.kind, name }))
    return tables.map((table): [string, ReadonlySet<string>] => [table, columns])
  })
}
