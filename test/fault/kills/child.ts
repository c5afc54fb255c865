// What the two kinds of child processes have in common: they tell their parent what they do, and end with it.
import { codeOf, messageOf } from '../../../src/core/index.ts'
import { mysqlWarehouse, type MysqlWarehouseOptions, type Warehouse } from '../../../src/warehouse/index.ts'
import type { Counts } from './counts.ts'
import type { Doing } from './kinds.ts'

/** What a child tells its parent. */
export type Said =
  | { readonly kind: 'begins'; readonly what: Doing }
  | { readonly kind: 'ends'; readonly what: Doing }
  | { readonly kind: 'counts'; readonly counts: Counts }
  | { readonly kind: 'result'; readonly counts: Counts; readonly resumed: boolean }
  | { readonly kind: 'failed'; readonly error: string; readonly isOutageAtStart: boolean }

/** So short that outages of the campaign reach the loops around it. */
const PATIENCE: MysqlWarehouseOptions = {
  connections: 2,
  connectTimeoutMs: 2000,
  statementTimeoutMs: 2000,
  retry: { tries: 4, baseMs: 10, capMs: 200 },
}

/** The settings that the parent gave, as JSON, and the signal that it wants this process to end. */
export function childOf(): { settings: string; stop: AbortSignal } {
  const stop = new AbortController()
  process.on('message', () => stop.abort())
  process.on('disconnect', () => process.exit(1))
  return { settings: process.argv[2]!, stop: stop.signal }
}

export function say(said: Said): void {
  if (process.connected) process.send?.(said)
}

/** Does some work, and tells the parent when it begins and ends. */
export async function telling<T>(what: Doing, work: () => Promise<T>): Promise<T> {
  say({ kind: 'begins', what })
  try {
    return await work()
  } finally {
    say({ kind: 'ends', what })
  }
}

/** A warehouse that tells what it merges. */
export function tellingWarehouse(url: string): Warehouse {
  const warehouse = mysqlWarehouse(url, PATIENCE)
  return {
    ...warehouse,
    counters: warehouse.counters,
    merge: (relation, ...given) => telling(doingOf(relation.name), () => warehouse.merge(relation, ...given)),
  }
}

/** Tells that this process failed, and why. */
export function sayFailed(thrown: unknown, isOutageAtStart = false): void {
  say({ kind: 'failed', error: `${String(codeOf(thrown))}: ${messageOf(thrown)}`, isOutageAtStart })
}

function doingOf(table: string): Doing {
  if (table.startsWith('_receipt_')) return 'writing receipts'
  return table.startsWith('_') ? 'checkpointing' : 'writing rows'
}
