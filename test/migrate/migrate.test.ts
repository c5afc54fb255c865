import { Long, MongoClient } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { createApplier } from '../../src/apply/index.ts'
import { ChangeoverError } from '../../src/core/errors.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { countWithoutReceipt } from '../../src/ledger/index.ts'
import { migrate } from '../../src/migrate/index.ts'
import type { RunProgress } from '../../src/core/index.ts'
import { memoryEvents, mongoEvents, type EventSource } from '../../src/stream/index.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { delayed, directly, fileCreated, objectId, someHistory, staged, type Stage } from './history.ts'
import { contentOf, snapshot } from './snapshot.ts'
import { compile } from '../../src/mapping/index.ts'
import { sql } from '../support/sql.ts'

const run = ({ source, warehouse }: Stage, options: Partial<Parameters<typeof migrate>[1]> = {}) =>
  migrate(history, { source, warehouse, ...options })

const inMemory = (events: readonly object[]): EventSource =>
  memoryEvents(
    events.map((event) => encodeEvent(event)),
    history,
  )

/** Stops a run after a number of durable batches, and resolves to what it rejected with. */
async function stopAfter(stage: Stage, batches: number, options: object = {}): Promise<unknown> {
  const stop = new AbortController()
  let left = batches
  const onProgress = (): void => {
    if (--left === 0) stop.abort(new Error('stopped here'))
  }
  return run(stage, { batchEvents: 50, onProgress, signal: stop.signal, ...options }).catch((thrown: unknown) => thrown)
}

/** The same source, but its readers fail once they have yielded this many batches together. */
function failingAfter(source: EventSource, batches: number): EventSource {
  let left = batches
  return {
    name: source.name,
    ranges: (wanted, options) => source.ranges(wanted, options),
    async *read(range, after, options) {
      for await (const batch of source.read(range, after, options)) {
        if (left-- === 0) throw new Error('the source failed')
        yield batch
      }
    },
    byIds: (ids, options) => source.byIds(ids, options),
    idsBetween: (from, to, options) => source.idsBetween(from, to, options),
    count: (options) => source.count(options),
    types: (options) => source.types(options),
  }
}

describe('a whole history', () => {
  it('ends in the same warehouse as the same events applied directly', async () => {
    const events = await someHistory(1500)
    const stage = await staged(events.toReversed())
    const result = await run(stage, { batchEvents: 100 })
    expect(result).toMatchObject({ events: 1500, applied: 1500, quarantined: 0, late: 0, unmapped: 0, resumed: false })
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })

  it('changes nothing when it is migrated again', async () => {
    const stage = await staged(await someHistory(600))
    await run(stage)
    const before = await snapshot(stage.warehouse, history)
    const again = await run(stage)
    expect(again).toMatchObject({ resumed: false, events: 600, late: 0 })
    expect(await snapshot(stage.warehouse, history)).toEqual(before)
  })

  it('ends in the same warehouse when two runs work at the same time', async () => {
    const events = await someHistory(600)
    const stage = await staged(events)
    await Promise.all([run(stage, { batchEvents: 70 }), run(stage, { batchEvents: 110 })])
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })

  it('may be empty', async () => {
    const stage = await staged([])
    await stage.mongo.createCollection('events')
    expect(await run(stage)).toMatchObject({ events: 0, applied: 0, late: 0, unmapped: 0 })
  })

  it('fails when the collection does not exist, and starts no run', async () => {
    const stage = await staged([])
    await expect(run(stage)).rejects.toMatchObject({
      code: 'CONFIG',
      message: `MongoDB has no collection ${stage.events.namespace}.`,
    })
    expect(await sql(stage.warehouse, 'SELECT run_id FROM _checkpoint_history')).toEqual([])
  })
})

describe('ranges', () => {
  it('lose no event among ids of every type', async () => {
    const ids = Array.from({ length: 4100 }, (_, i) => {
      if (i % 5 === 0) return objectId(i)
      if (i % 5 === 1) return `text ${i}`
      if (i % 5 === 2) return i
      return i % 5 === 3 ? Long.fromBigInt(2n ** 60n + BigInt(i)) : new Date(i)
    })
    const stage = await staged(
      ids.map((_id, i) => ({
        ...fileCreated(i + 1),
        _id,
        type: 'author.created',
        entity: { kind: 'author', id: `u_${String(i).padStart(12, '0')}` },
        payload: { mailDomain: null },
      })),
    )
    const result = await run(stage, { ranges: 3 })
    expect(result).toMatchObject({ applied: 4100, late: 0, quarantined: 0 })
    const [row] = await sql(stage.warehouse, 'SELECT COUNT(*) AS n FROM author')
    expect(Number(row!['n'])).toBe(4100)
  })
})

describe('a source', () => {
  it('may be any event source', async () => {
    const events = await someHistory(300)
    const stage = await staged([])
    const source = inMemory(events)
    expect(await run(stage, { source, batchEvents: 40 })).toMatchObject({ events: 300, applied: 300, late: 0 })
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })

  it('that fails in one range stops all readers, and the next run resumes', async () => {
    const events = await someHistory(400)
    const stage = await staged([])
    const running = run(stage, { source: failingAfter(inMemory(events), 3), ranges: 4, parallel: 4, batchEvents: 20 })
    await expect(running).rejects.toThrow('the source failed')
    const result = await run(stage, { source: inMemory(events), batchEvents: 20 })
    expect(result).toMatchObject({ resumed: true, late: 0 })
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })
})

describe('progress', () => {
  it('is reported by phase, with where the time went', async () => {
    const stage = await staged(await someHistory(300))
    const seen: RunProgress[] = []
    await run(stage, { batchEvents: 100, onProgress: (progress) => void seen.push(progress) })
    expect(seen.map(({ phase, done, total }) => [phase, done, total])).toEqual([
      ['read', 100, 300],
      ['read', 200, 300],
      ['read', 300, 300],
      ['check', 300, 300],
    ])
    expect(Object.keys(seen.at(-1)!.spentMs).toSorted()).toEqual(['apply', 'checkpoint', 'read'])
  })

  it('includes what the interrupted run has done', async () => {
    const stage = await staged(await someHistory(300))
    await stopAfter(stage, 2)
    const seen: number[] = []
    await run(stage, { batchEvents: 50, onProgress: ({ phase, done }) => void (phase === 'read' && seen.push(done)) })
    // The event at which it stopped is read again.
    expect(seen).toEqual([150, 200, 250, 300, 301])
  })
})

describe('an interrupted run', () => {
  it('resumes where it stopped, and ends in the same warehouse', async () => {
    const events = await someHistory(600)
    const stage = await staged(events)
    expect(await stopAfter(stage, 4)).toEqual(new Error('stopped here'))
    const result = await run(stage, { batchEvents: 50 })
    expect(result.resumed).toBe(true)
    // The event at which it stopped is read again.
    expect(result.events).toBe(600 - 4 * 50 + 1)
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })

  it('may be interrupted again and again', async () => {
    const events = await someHistory(400)
    const stage = await staged(events)
    for (let i = 0; i < 5; i++) await stopAfter(stage, 1)
    const result = await run(stage)
    expect(result).toMatchObject({ resumed: true, events: 400 - 5 * 50 + 5 })
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })

  it('starts from the beginning on request', async () => {
    const stage = await staged(await someHistory(300))
    await stopAfter(stage, 2)
    expect(await run(stage, { fresh: true })).toMatchObject({ resumed: false, events: 300 })
    expect(await run(stage)).toMatchObject({ resumed: false, events: 300 })
  })

  it('is resumed only if it was started and not finished', async () => {
    const stage = await staged(await someHistory(100))
    const signal = AbortSignal.abort(new Error('never began'))
    await expect(run(stage, { signal })).rejects.toThrow('never began')
    await run(stage)
    expect(await run(stage)).toMatchObject({ resumed: false })
  })

  it('rejects with what onProgress throws', async () => {
    const stage = await staged(await someHistory(100))
    const onProgress = (): never => {
      throw new Error('thrown by the caller')
    }
    await expect(run(stage, { onProgress })).rejects.toThrow('thrown by the caller')
  })
})

describe('while the warehouse is away', () => {
  /** The same warehouse, whose merges fail from the second batch on, a number of times. */
  const awayFor = (stage: Stage, times: number): Warehouse => {
    let calls = 0
    return delayed(stage.warehouse, async () => {
      const call = ++calls
      if (call > 6 && call <= 6 + times) throw new ChangeoverError('UNREACHABLE', 'failing over')
    })
  }

  it('waits for it, reports what it waits for, and continues', async () => {
    const events = await someHistory(200)
    const stage = await staged(events)
    const waits: unknown[] = []
    const result = await migrate(history, {
      source: stage.source,
      warehouse: awayFor(stage, 6),
      batchEvents: 20,
      onWait: ({ thrown }) => waits.push(thrown),
    })
    expect(result).toMatchObject({ resumed: false, applied: 200, quarantined: 0 })
    expect(waits).toHaveLength(6)
    expect(waits[0]).toMatchObject({ message: 'failing over' })
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })

  it('waits for it before the first batch too, whether it begins or resumes', async () => {
    const stage = await staged(await someHistory(200))
    const away = (): { warehouse: Warehouse; waits: unknown[]; onWait: (wait: { thrown: unknown }) => void } => {
      const waits: unknown[] = []
      let left = 2
      const failFirst = (): void => {
        if (left-- > 0) throw new ChangeoverError('UNREACHABLE', 'failing over')
      }
      const merging = delayed(stage.warehouse, async () => failFirst())
      const warehouse: Warehouse = Object.assign(Object.create(merging) as Warehouse, {
        async *scan(...given: Parameters<Warehouse['scan']>) {
          failFirst()
          yield* stage.warehouse.scan(...given)
        },
      })
      return { warehouse, waits, onWait: ({ thrown }) => void waits.push(thrown) }
    }
    const first = away()
    const stop = new AbortController()
    const running = run({ ...stage, ...first }, { ...first, onProgress: () => stop.abort(), signal: stop.signal })
    await expect(running).rejects.toThrow()
    expect(first.waits).toHaveLength(2)
    const second = away()
    expect(await run({ ...stage, ...second }, second)).toMatchObject({ resumed: true })
    expect(second.waits).toHaveLength(2)
  })

  it('ends with its error after `outageMs`, and resumes later', async () => {
    const stage = await staged(await someHistory(200))
    const options = { source: stage.source, batchEvents: 20, outageMs: 50 }
    const running = migrate(history, { ...options, warehouse: awayFor(stage, 1e9) })
    await expect(running).rejects.toMatchObject({ code: 'UNREACHABLE', message: 'failing over' })
    expect(await migrate(history, { ...options, warehouse: stage.warehouse })).toMatchObject({ resumed: true })
  })
})

describe('alongside live traffic', () => {
  it('applies events that are inserted behind the readers', async () => {
    const events = await someHistory(300)
    const stage = await staged(events)
    const behind = [1, 2, 3].map((i) => fileCreated(100_000 + i, objectId(i)))
    let inserted: Promise<unknown> | undefined
    const warehouse = delayed(stage.warehouse, async ({ name }) => {
      // When the checkpoint is saved, the cursor has passed the smallest ids.
      if (name === '_checkpoint_history' && isRead) await (inserted ??= stage.events.insertMany(behind))
    })
    let isRead = false
    const result = await migrate(history, { source: stage.source, warehouse, onProgress: () => void (isRead = true) })
    expect(result).toMatchObject({ events: 303, late: 3 })
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly([...events, ...behind]))
    expect(await countWithoutReceipt(history, stage.source.idsBetween(null, null), stage.warehouse)).toBe(0)
  })

  it('ends in the same warehouse as either alone', async () => {
    const events = await someHistory(600)
    const stage = await staged(events)
    const live = createApplier(compile(history), stage.warehouse)
    const half = events.slice(200, 500).toReversed()
    await Promise.all([
      run(stage, { batchEvents: 40 }),
      ...[0, 1, 2].map((i) =>
        live.apply(
          half.filter((_, j) => j % 3 === i).map((event) => encodeEvent(event)),
          'live',
        ),
      ),
    ])
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })
})

describe('an event that cannot be applied', () => {
  it('is counted and its type named when the mapping does not know it', async () => {
    const strange = [1, 2].map((i) => ({ ...fileCreated(i), _id: i, type: 'file.renamed' }))
    const { type: _, ...typeless } = fileCreated(3)
    const stage = await staged([...strange, typeless, fileCreated(4)])
    expect(await run(stage)).toMatchObject({
      events: 1,
      applied: 1,
      unmapped: 3,
      unknownTypes: [
        { type: 'file.renamed', events: 2 },
        { type: null, events: 1 },
      ],
    })
  })

  it('is quarantined whole with its reason, and the others are applied', async () => {
    const good = fileCreated(1)
    const bad = { ...fileCreated(2), payload: { ...fileCreated(2).payload, bytes: 'many' } }
    const stage = await staged([good, bad])
    const result = await run(stage)
    expect(result).toMatchObject({ events: 2, applied: 1, quarantined: 1, late: 0 })
    expect(result.reasons).toEqual([expect.stringContaining('file.bytes is bigint: "many" is not a 64-bit integer')])
    const rows = await sql(stage.warehouse, 'SELECT reason, body FROM _quarantine_history')
    expect(rows).toHaveLength(1)
    expect(Buffer.compare(rows[0]!['body'] as Buffer, encodeEvent(bad))).toBe(0)
  })

  it('rejects with a sentence when MongoDB cannot be reached', async () => {
    const { warehouse } = await staged([])
    const away = new MongoClient('mongodb://u:hush-hush@127.0.0.1:1/app', { serverSelectionTimeoutMS: 200 })
    const running = migrate(history, { source: mongoEvents(away.db(), history), warehouse })
    await expect(running).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^MongoDB failed at app\.events: (?!.*hush)/) as unknown,
      remedy: expect.stringContaining('MONGODB_URL') as unknown,
    })
    await away.close()
  })
})
