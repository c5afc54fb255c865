import { hostname } from 'node:os'
import { datetime, instantText, int, varchar, type Relation, type Row } from '../star/index.ts'
import type { CallOptions, MergePort, ReadPort } from '../warehouse/index.ts'
import { instantOf } from './instants.ts'

/** A worker that has written to the warehouse: a sink or a migration. */
export interface Worker {
  readonly name: string
  readonly generation: number
  readonly firstSeen: Date
  readonly lastSeen: Date
}

const MAX_NAME = 120
/** How often a worker writes its heartbeat at most, in milliseconds. */
const HEARTBEAT_MS = 30_000
/** How long after its last heartbeat a worker counts as alive, in milliseconds: clocks differ, and a heartbeat may be late. */
export const ALIVE_MS = 300_000

/** Whether a worker was alive a short time ago. */
export function isAlive({ lastSeen }: Pick<Worker, 'lastSeen'>, now: Date): boolean {
  return now.getTime() - lastSeen.getTime() < ALIVE_MS
}

/** When workers were last alive, and under which generation. */
export function workersOf(migration: { readonly name: string }): Relation {
  return {
    name: `_worker_${migration.name}`,
    keyLength: 2,
    columns: [
      { name: 'worker', type: varchar(MAX_NAME), role: 'key', nullable: false },
      { name: 'generation', type: int, role: 'key', nullable: false },
      { name: 'first_seen', type: datetime, role: 'value', nullable: false },
      { name: 'last_seen', type: datetime, role: 'value', nullable: false },
    ],
    registers: [
      { merge: 'min', column: 2 },
      { merge: 'max', column: 3 },
    ],
    comment: 'changeover: the workers that have written, by their own clocks, and under which generation',
  }
}

function workerRow(name: string, generation: number, now: Date): Row {
  const seen = instantText(now)
  return [Array.from(name.toWellFormed()).slice(0, MAX_NAME).join(''), generation, seen, seen]
}

/** The heartbeat of a worker, under the name of its host. */
export class Heartbeat {
  readonly #migration: { readonly name: string; readonly generation: number }
  readonly #warehouse: MergePort
  readonly #now: () => Date
  #beatenAt = Number.NEGATIVE_INFINITY

  constructor(
    migration: { readonly name: string; readonly generation: number },
    warehouse: MergePort,
    now: () => Date = () => new Date(),
  ) {
    this.#migration = migration
    this.#warehouse = warehouse
    this.#now = now
  }

  /** Writes that this worker is alive, unless it has just done so. Never rejects: work goes on without it. */
  async beat(signal?: AbortSignal): Promise<void> {
    if (performance.now() - this.#beatenAt < HEARTBEAT_MS) return
    this.#beatenAt = performance.now()
    const row = workerRow(hostname(), this.#migration.generation, this.#now())
    await this.#warehouse.merge(workersOf(this.#migration), [row], { signal }).catch(() => {})
  }
}

/** All workers of a migration that the warehouse knows. */
export async function readWorkers(
  migration: { readonly name: string },
  warehouse: Pick<ReadPort, 'scan'>,
  options: CallOptions = {},
): Promise<readonly Worker[]> {
  const workers: Worker[] = []
  for await (const page of warehouse.scan(workersOf(migration), options)) {
    for (const [name, generation, first, last] of page) {
      workers.push({
        name: name as string,
        generation: generation as number,
        firstSeen: instantOf(first as string),
        lastSeen: instantOf(last as string),
      })
    }
  }
  return workers
}
