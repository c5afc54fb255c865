import { hostname } from 'node:os'
import { untilAborted } from '../core/index.ts'
import { datetime, instantText, int, varchar, type Relation, type Row } from '../star/index.ts'
import type { CallOptions, MergePort, ReadPort } from '../warehouse/index.ts'
import { instantOf } from './instants.ts'

/** A worker that has written to the warehouse: a sink or a migration. */
export interface Worker {
  readonly name: string
  readonly generation: number
  readonly firstSeen: Date
  readonly lastSeen: Date
  /** When one of this name said last that it had ended. */
  readonly endedAt: Date | undefined
}

/** Whether a worker may still be writing. */
export function isAlive({ lastSeen, endedAt }: Worker, now: Date): boolean {
  return now.getTime() - lastSeen.getTime() < ALIVE_MS && (endedAt === undefined || endedAt < lastSeen)
}

const MAX_NAME = 120
/** How often a worker writes its heartbeat at most, in milliseconds. */
const HEARTBEAT_MS = 30_000
/** How long after its last heartbeat a worker counts as alive, in milliseconds: clocks differ, and a heartbeat may be late. */
const ALIVE_MS = 300_000

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
      { name: 'ended_at', type: datetime, role: 'value', nullable: true },
    ],
    registers: [
      { merge: 'min', column: 2 },
      { merge: 'max', column: 3 },
      { merge: 'max', column: 4 },
    ],
    comment: 'changeover: the workers that have written, by their own clocks, and under which generation',
  }
}

function workerRow(name: string, generation: number, now: Date, hasEnded: boolean): Row {
  const seen = instantText(now)
  return [Array.from(name.toWellFormed()).slice(0, MAX_NAME).join(''), generation, seen, seen, hasEnded ? seen : null]
}

/** The heartbeat of a worker, by what it does and the name of its host. */
export class Heartbeat {
  readonly #migration: { readonly name: string; readonly generation: number }
  readonly #warehouse: MergePort
  readonly #name: string
  readonly #options: HeartbeatOptions
  #beatenAt = Number.NEGATIVE_INFINITY

  constructor(
    migration: { readonly name: string; readonly generation: number },
    warehouse: MergePort,
    kind: 'sink' | 'migrate',
    options: HeartbeatOptions = {},
  ) {
    this.#migration = migration
    this.#warehouse = warehouse
    this.#name = `${kind} at ${hostname()}`
    this.#options = options
  }

  /** Writes that this worker is alive, unless it has just done so. Never rejects: work goes on without it. */
  async beat(signal?: AbortSignal): Promise<void> {
    if (performance.now() - this.#beatenAt < HEARTBEAT_MS) return
    this.#beatenAt = performance.now()
    await this.#write(false, signal)
  }

  /** Says that this worker has ended. Others of its name say that they are alive. Never rejects, and takes a second at most. */
  async end(): Promise<void> {
    if (this.#beatenAt === Number.NEGATIVE_INFINITY) return
    const late = AbortSignal.timeout(END_MS)
    await untilAborted(this.#write(true, late), late).catch(() => {})
  }

  async #write(hasEnded: boolean, signal: AbortSignal | undefined): Promise<void> {
    const { now = () => new Date(), trouble } = this.#options
    const row = workerRow(this.#name, this.#migration.generation, now(), hasEnded)
    try {
      await this.#warehouse.merge(workersOf(this.#migration), [row], { signal })
    } catch (thrown) {
      trouble?.(thrown)
    }
  }
}

export interface HeartbeatOptions {
  readonly now?: () => Date
  /** Called when a heartbeat could not be written: without it, others do not know of this worker. */
  readonly trouble?: (thrown: unknown) => void
}

/** How long saying that it has ended may take, in milliseconds. */
const END_MS = 1000

/** All workers of a migration that the warehouse knows. */
export async function readWorkers(
  migration: { readonly name: string },
  warehouse: Pick<ReadPort, 'scan'>,
  options: CallOptions = {},
): Promise<readonly Worker[]> {
  const workers: Worker[] = []
  for await (const page of warehouse.scan(workersOf(migration), options)) {
    for (const [name, generation, first, last, ended] of page) {
      workers.push({
        name: name as string,
        generation: generation as number,
        firstSeen: instantOf(first as string),
        lastSeen: instantOf(last as string),
        endedAt: typeof ended === 'string' ? instantOf(ended) : undefined,
      })
    }
  }
  return workers
}
