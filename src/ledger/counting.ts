import { hash } from 'node:crypto'
import { ownOf } from '../core/index.ts'
import type { DefinitionDocument, HandlerTexts, OldestCounting } from '../mapping/index.ts'
import type { CallOptions, ReadPort } from '../warehouse/index.ts'
import type { Generation } from './generations.ts'
import type { Receipt } from './receipts.ts'
import { readWrittenTables } from './written-tables.ts'

/** The parts of a definition that decide which receipts count. */
export interface CountedDefinition {
  readonly document: DefinitionDocument
  readonly texts: HandlerTexts
}

/**
 * Which receipts count under a definition that becomes the generation `number`, after `before`, the latest of its migration.
 *
 * @param replayed the tables whose past events must be replayed
 */
export function countingAfter(
  before: Generation | undefined,
  { document, texts }: CountedDefinition,
  replayed: ReadonlySet<string>,
  number: number,
): OldestCounting {
  const keepsAll = before !== undefined && isReadAlike(before, { document, texts })
  const tables = Object.keys(document.tables).map((table) => {
    const known = keepsAll ? ownOf(before.counting.tables, table) : undefined
    return [table, known === undefined || replayed.has(table) ? number : known] as const
  })
  const keepsTypes = keepsAll && !hasNewTable(before, { document, texts })
  const types = [...document.handled, ...document.ignored].map((type) => {
    const known =
      keepsTypes && isMappedAlike(type, before, { document, texts }) ? ownOf(before.counting.types, type) : undefined
    return [type, known ?? number] as const
  })
  return { types: Object.fromEntries(types), tables: Object.fromEntries(tables) }
}

/** Whether events are read as before: the same fields, which count in the same way. */
function isReadAlike(a: CountedDefinition, b: CountedDefinition): boolean {
  const [before, now] = [a.document, b.document]
  return (
    before.revision === now.revision &&
    before.capture === now.capture &&
    Object.entries(now.source).every(([part, value]) => before.source[part] === value) &&
    a.texts.include === b.texts.include
  )
}

/** Which events write to a new table, only replaying them tells. */
function hasNewTable(before: CountedDefinition, now: CountedDefinition): boolean {
  return Object.keys(now.document.tables).some((table) => !Object.hasOwn(before.document.tables, table))
}

/** An ignored type needs no replay, whether it was ignored or handled before: what its events wrote stays. */
function isMappedAlike(type: string, before: CountedDefinition, now: CountedDefinition): boolean {
  if (now.document.ignored.includes(type)) return true
  return (
    before.document.handled.includes(type) && ownOf(before.texts.handlers, type) === ownOf(now.texts.handlers, type)
  )
}

/** A number for an event type, as receipts have it: 32 bits. Two types with one number are replayed together. */
export function typeNumber(type: string): number {
  return hash('sha256', type, 'buffer').readInt32BE(0)
}

/** Tells which receipts count under a generation. */
export class Counting {
  readonly #generation: number
  readonly #written: ReadonlyMap<number, ReadonlySet<string>>
  /** The oldest generation that counts, by the number of an event type. */
  readonly #oldest = new Map<number, number>()

  /** @param written the tables that events of a type have written to, by the type's number */
  constructor(
    { number, counting }: Pick<Generation, 'number' | 'counting'>,
    written: ReadonlyMap<number, ReadonlySet<string>>,
  ) {
    this.#generation = number
    this.#written = written
    for (const [type, since] of Object.entries(counting.types)) {
      const key = typeNumber(type)
      const tables = [...(written.get(key) ?? [])].map((table) => ownOf(counting.tables, table) ?? 0)
      this.#oldest.set(key, Math.max(this.#oldest.get(key) ?? 0, since, ...tables))
    }
  }

  /** The oldest generation whose receipts of this event type count. */
  oldestOf(type: number | undefined): number {
    return (type === undefined ? undefined : this.#oldest.get(type)) ?? this.#generation
  }

  /**
   * The oldest generation of what events write to a table, once all of them count; undefined for a table that no event has written to.
   */
  oldestOfTable(table: string): number | undefined {
    const types = [...this.#written].filter(([, tables]) => tables.has(table))
    return types.length === 0 ? undefined : Math.min(...types.map(([type]) => this.oldestOf(type)))
  }

  /**
   * Whether a receipt counts. What an earlier generation could not apply is to be tried again; what is of a type that the definition
   * does not know, no migration reads.
   */
  counts({ type, generation, outcome }: Pick<Receipt, 'type' | 'generation' | 'outcome'>): boolean {
    const oldest = type === undefined ? undefined : this.#oldest.get(type)
    return oldest === undefined || generation >= (outcome === 'quarantined' ? this.#generation : oldest)
  }
}

/** Which receipts count under a generation of a migration, by what its events have written until now. */
export async function readCounting(
  migration: { readonly name: string },
  generation: Pick<Generation, 'number' | 'counting'>,
  warehouse: Pick<ReadPort, 'scan'>,
  options: CallOptions = {},
): Promise<Counting> {
  return new Counting(generation, await readWrittenTables(migration, warehouse, options))
}
