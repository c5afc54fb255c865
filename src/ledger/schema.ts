import { hash } from 'node:crypto'
import { canonicalJson, ChangeoverError } from '../core/index.ts'
import { tablesOf, type Migration } from '../mapping/index.ts'
import type { CalendarRange } from '../star/index.ts'
import type {
  CallOptions,
  PlanOptions,
  RegistryPort,
  Schema,
  SchemaPort,
  SchemaRecord,
  Step,
} from '../warehouse/index.ts'
import { checkpointsOf } from './checkpoints.ts'
import { generationRow, generationsTable, readGenerations, type Generation } from './generations.ts'
import { quarantineOf } from './quarantine.ts'
import { receiptsOf } from './receipts.ts'
import { register, type DefinitionChange, type NewGeneration, type Registration } from './register.ts'
import { workersOf } from './workers.ts'
import { writtenTablesOf } from './written-tables.ts'

/**
 * All tables and views of these migrations in their first generation, internal ones included: what `warehouse.plan` takes. It
 * registers nothing, so no worker can use the warehouse: see {@link planWarehouse}.
 *
 * @example
 * import { schemaOf } from 'changeover/migrate'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * for (const { sql } of await warehouse.plan(schemaOf([history]))) console.log(sql)
 */
export function schemaOf(migrations: readonly Migration[], calendar?: CalendarRange): Schema {
  const internal = [receiptsOf, quarantineOf, checkpointsOf, writtenTablesOf, workersOf]
  return {
    calendar,
    tables: tablesOf(migrations),
    internal: [
      generationsTable,
      ...migrations.flatMap((migration) => internal.map((relationOf) => relationOf(migration))),
    ],
  }
}

/** What a warehouse needs so that these definitions can be used, and what that means. */
export interface WarehousePlan {
  /** The statements, in order; none when the warehouse is up to date. */
  readonly steps: readonly Step[]
  /** How the definitions differ from those that were applied last. */
  readonly changes: readonly DefinitionChange[]
  /** The generations that it registers. */
  readonly generations: readonly Generation[]
  /** The same for the same plan: 16 hexadecimal digits. */
  readonly hash: string
}

/** Options of {@link planWarehouse}. */
export interface WarehousePlanOptions extends PlanOptions, CallOptions {
  /** The days of the calendar dimension; without them there is none. */
  readonly calendar?: CalendarRange | undefined
  /**
   * Whether the definitions are to replace newer ones. They must have been applied before.
   *
   * @defaultValue false
   */
  readonly rollBack?: boolean
}

const HASH_CHARACTERS = 16

/**
 * Plans what a warehouse needs for the definitions of these migrations: tables, columns, views, and the registration without which no
 * worker starts. Rejects with a ChangeoverError `SCHEMA` for a change that only a rebuild can make, or none; with `CONFIG` when a
 * migration hashes personal fields and has no key; and when the warehouse cannot be read.
 *
 * @example
 * import { planWarehouse } from 'changeover/migrate'
 * import { mysqlWarehouse } from 'changeover/warehouse'
 * import { history } from './changeover.config.ts'
 *
 * await using warehouse = mysqlWarehouse(process.env.MYSQL_URL)
 * const { steps, changes } = await planWarehouse(warehouse, [history])
 * for (const { subject, what } of changes) console.log(`${subject} ${what}.`)
 * await warehouse.apply(steps)
 */
export async function planWarehouse(
  warehouse: Pick<SchemaPort, 'plan'> & RegistryPort,
  migrations: readonly Migration[],
  options: WarehousePlanOptions = {},
): Promise<WarehousePlan> {
  const { calendar, rollBack = false, signal, ...plan } = options
  for (const migration of migrations) checkHashKey(migration)
  const known = await readGenerations(warehouse, { signal })
  const registration = register(known, migrations, { rollBack, now: new Date() })
  const schema = registeredSchema(schemaOf(migrations, calendar), registration)
  const steps = await warehouse.plan(schema, { ...plan, signal })
  const fixed = steps.map(({ sql, record }) => [sql, record === undefined ? null : withoutTime(record)])
  return {
    steps,
    changes: registration.changes,
    generations: registration.generations.map(({ generation }) => generation),
    hash: hash('sha256', canonicalJson(fixed)).slice(0, HASH_CHARACTERS),
  }
}

function registeredSchema(schema: Schema, { tables, redefined, generations }: Registration): Schema {
  return { ...schema, tables, redefined, records: generations.map(recordOf) }
}

function recordOf({ generation, text }: NewGeneration): SchemaRecord {
  return {
    relation: generationsTable,
    row: generationRow(generation, text),
    why: `the definition of the migration ${generation.document.migration} is not registered; it becomes generation ${generation.number}`,
  }
}

function withoutTime({ relation, row }: NonNullable<Step['record']>): unknown {
  return row.filter((_, i) => relation.columns[i]!.role !== 'origin').map(String)
}

// The key is part of the definition, and one without it would map no event.
function checkHashKey({ name, source }: Migration): void {
  if (!Object.values(source.personal ?? {}).includes('hmac') || source.hmacKey) return
  throw new ChangeoverError('CONFIG', `The migration ${name} hashes personal fields and has no hmacKey.`, {
    remedy: 'Set the same key everywhere: hmacKey: process.env.CHANGEOVER_HMAC_KEY',
  })
}
