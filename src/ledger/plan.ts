import { hash } from 'node:crypto'
import { canonicalJson, ChangeoverError, checkOptions, type OptionNames } from '../core/index.ts'
import { tablesOf, type Migration } from '../mapping/index.ts'
import type { CalendarRange } from '../star/index.ts'
import type {
  CallOptions,
  ColumnsByTable,
  PlanOptions,
  ReadPort,
  RegistryPort,
  Schema,
  SchemaPort,
  SchemaRecord,
  Step,
} from '../warehouse/index.ts'
import { columnsInUse, columnsStillWritten, keptColumns, lostTables, retiredHistories } from './columns-in-use.ts'
import { generationRow, generationsOf, generationsTable, readGenerations, type Generation } from './generations.ts'
import type { DefinitionChange } from './definition-changes.ts'
import { register, type NewGeneration, type Registration } from './register.ts'
import { countReceipts } from './replay.ts'
import { schemaOf } from './schema.ts'

/** What a warehouse needs for the definitions of a config, and what that means. */
export interface WarehousePlan {
  /** The statements, in order; none when the warehouse is up to date. */
  readonly steps: readonly Step[]
  /** How the definitions differ from those that were applied last. */
  readonly changes: readonly DefinitionChange[]
  /** The generations that the steps register. */
  readonly generations: readonly Generation[]
  /**
   * Columns that are no longer defined and that it does not drop, because a worker that writes to them was alive a short time ago:
   * `dim_user.mail`. None unless `allowDestructive`.
   */
  readonly kept: readonly string[]
  /** How many events, by migration, are to be replayed after these steps. Events without a receipt are not among them. */
  readonly replay: Readonly<Record<string, number>>
  /** 16 hexadecimal digits, the same for the same plan. */
  readonly hash: string
}

/** Options of {@link planWarehouse}. */
export interface WarehousePlanOptions extends Omit<PlanOptions, 'allowWider'>, CallOptions {
  /** The days of the calendar dimension; without them there is none. */
  readonly calendar?: CalendarRange | undefined
  /**
   * Whether the changed definitions go back to ones that were applied before.
   *
   * @defaultValue false
   */
  readonly rollBack?: boolean
}

/** What a plan is made from. */
export type PlannedWarehouse = Pick<SchemaPort, 'plan'> & Pick<ReadPort, 'countBy'> & RegistryPort

const HASH_CHARACTERS = 16
const NONE: ColumnsByTable = new Map()
const NAMES: OptionNames<WarehousePlanOptions> = Object.freeze({
  calendar: true,
  rollBack: true,
  allowDestructive: true,
  indexes: true,
  signal: true,
})

/**
 * Plans what a warehouse needs for the definitions of these migrations: tables, columns, views, and the registration without which no
 * worker starts. Rejects with a ChangeoverError `SCHEMA` for a change that needs a rebuild, or that must not be made; with `CONFIG` when a
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
  warehouse: PlannedWarehouse,
  migrations: readonly Migration[],
  options: WarehousePlanOptions = {},
): Promise<WarehousePlan> {
  const { calendar, rollBack = false, signal, ...plan } = checkOptions('planWarehouse').all(options, NAMES)
  if (!Array.isArray(migrations)) {
    throw new ChangeoverError('CONFIG', 'The migrations of planWarehouse are not a list.', {
      remedy: 'Write [migration].',
    })
  }
  for (const migration of migrations) checkHashKey(migration)
  const now = new Date()
  const known = await readGenerations(warehouse, { signal })
  const stillWritten = plan.allowDestructive ? await columnsStillWritten(warehouse, known, now, { signal }) : NONE
  const inUse = columnsInUse(known)
  const retired = retiredHistories(tablesOf(migrations), known)
  const planned = async (lost?: ReadonlySet<string>) => {
    const registration = register(known, migrations, { rollBack, now, ...(lost ? { lost } : {}) })
    const schema = { ...registeredSchema(schemaOf(migrations, calendar), registration), stillWritten, inUse, retired }
    return { registration, steps: await warehouse.plan(schema, { ...plan, allowWider: true, signal }) }
  }
  const first = await planned()
  const lost = lostTables(first.registration.tables, first.steps, inUse)
  const { registration, steps } = lost.size > 0 ? await planned(lost) : first
  return {
    steps,
    changes: registration.changes,
    generations: registration.generations.map(({ generation }) => generation),
    kept: keptColumns(registration.tables, retired, stillWritten),
    replay: await eventsToReplay(warehouse, known, registration, { signal }),
    hash: hashOf(steps),
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

/** The same for the same statements and records, whenever they are planned. */
function hashOf(steps: readonly Step[]): string {
  const timeless = steps.map(({ sql, record }) => [sql, record === undefined ? null : withoutTime(record)])
  return hash('sha256', canonicalJson(timeless)).slice(0, HASH_CHARACTERS)
}

function withoutTime({ relation, row }: NonNullable<Step['record']>): unknown {
  return row.filter((_, i) => relation.columns[i]!.role !== 'origin').map(String)
}

async function eventsToReplay(
  warehouse: PlannedWarehouse,
  known: readonly Generation[],
  { generations }: Registration,
  options: CallOptions,
): Promise<Record<string, number>> {
  const replay: Record<string, number> = {}
  for (const { generation } of generations) {
    const { migration } = generation.document
    const isNew = generationsOf(known, migration).length === 0
    replay[migration] = isNew ? 0 : (await countReceipts({ name: migration }, generation, warehouse, options)).stale
  }
  return replay
}

// The key is part of the definition, and one without it would map no event.
function checkHashKey({ name, source }: Migration): void {
  if (!Object.values(source.personal ?? {}).includes('hmac') || source.hmacKey) return
  throw new ChangeoverError('CONFIG', `The migration ${name} hashes personal fields and has no hmacKey.`, {
    remedy: 'Set the same key everywhere: hmacKey: process.env.CHANGEOVER_HMAC_KEY',
  })
}
