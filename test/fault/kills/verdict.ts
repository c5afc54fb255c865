import { createApplier } from '../../../src/apply/index.ts'
import { countWithoutReceipt, schemaOf, type LedgerPort } from '../../../src/ledger/index.ts'
import { compile } from '../../../src/mapping/index.ts'
import { checksumOf } from '../../../src/star/index.ts'
import { memoryWarehouse, type MemoryWarehouse, type ReadPort } from '../../../src/warehouse/index.ts'
import { steps } from './migration.ts'
import type { Stored } from './stream.ts'

const PART = 1000

/** What is in a warehouse after all these events, by the pure merge. */
export async function twinOf(events: readonly Stored[]): Promise<MemoryWarehouse> {
  const twin = memoryWarehouse()
  const applier = createApplier(compile(steps), twin)
  for (let at = 0; at < events.length; at += PART) {
    await applier.apply(
      events.slice(at, at + PART).map(({ bytes }) => bytes),
      'live',
    )
  }
  return twin
}

/** A table, and whether it holds what it should, byte for byte. */
export interface TableVerdict {
  readonly table: string
  readonly checksum: string
  readonly isEqual: boolean
}

/** What was found in the end. */
export interface Verdict {
  readonly tables: readonly TableVerdict[]
  readonly withoutReceipt: number
  readonly quarantined: number
}

/** Compares a warehouse with what these events should have left. */
export async function verdictOn(warehouse: LedgerPort & ReadPort, events: readonly Stored[]): Promise<Verdict> {
  const twin = await twinOf(events)
  const tables: TableVerdict[] = []
  for (const relation of compile(steps).relations) {
    const checksum = checksumOf(await warehouse.buckets(relation))
    const expected = checksumOf(await twin.buckets(relation))
    tables.push({ table: relation.name, checksum, isEqual: checksum === expected })
  }
  const ids = Array.from({ length: Math.ceil(events.length / PART) }, (_, i) =>
    events.slice(i * PART, (i + 1) * PART).map(({ event }) => event._id),
  )
  const quarantine = schemaOf([steps]).internal.filter(({ name }) => name.startsWith('_quarantine_'))
  let quarantined = 0
  for (const relation of quarantine) for await (const page of warehouse.scan(relation)) quarantined += page.length
  return { tables, withoutReceipt: await countWithoutReceipt(steps, ids, warehouse), quarantined }
}
