import { Long, MongoClient } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { createApplier } from '../../src/apply/index.ts'
import { ChangeoverError } from '../../src/core/errors.ts'
import { encodeEvent } from '../../src/event/codec.ts'
import { countWithoutReceipt } from '../../src/ledger/index.ts'
import { migrate } from '../../src/migrate/index.ts'
import { idsOf, sourceOf } from '../../src/stream/index.ts'
import type { Warehouse } from '../../src/warehouse/index.ts'
import { delayed, directly, fileCreated, objectId, someHistory, staged, type Stage } from './history.ts'
import { contentOf, snapshot } from './snapshot.ts'
import { compile } from '../../src/mapping/index.ts'
import { sql } from '../support/sql.ts'

const run = ({ mongo, warehouse }: Stage, options: Partial<Parameters<typeof migrate>[1]> = {}) =>
  migrate(history, { mongo, warehouse, ...options })

/** Stops a run after so many durable batches, and gives what it rejected with. */
async function stopAfter(stage: Stage, batches: number, options: object = {}): Promise<unknown> {
  const stop = new AbortController()
  let left = batches
  const onProgress = (): void => {
    if (--left === 0) stop.abort(new Error('stopped here'))
  }
  return run(stage, { batchEvents: 50, onProgress, signal: stop.signal, ...options }).catch((thrown: unknown) => thrown)
}

describe('a whole history', () => {
  it('comes to the same as the same events applied directly', async () => {
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

  it('comes to the same beside another run of its own', async () => {
    const events = await someHistory(600)
    const stage = await staged(events)
    await Promise.all([run(stage, { batchEvents: 70 }), run(stage, { batchEvents: 110 })])
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })

  it('that is empty is nothing to do', async () => {
    expect(await run(await staged([]))).toMatchObject({ events: 0, applied: 0, late: 0, unmapped: 0 })
  })
})

describe('ranges', () => {
  it('lose nothing among ids of every type', async () => {
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

describe('an interrupted run', () => {
  it('goes on where it was, and comes to the same', async () => {
    const events = await someHistory(600)
    const stage = await staged(events)
    expect(await stopAfter(stage, 4)).toEqual(new Error('stopped here'))
    const result = await run(stage, { batchEvents: 50 })
    expect(result.resumed).toBe(true)
    // The event at which it stopped is read once more.
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

  it('begins anew when it is told to', async () => {
    const stage = await staged(await someHistory(300))
    await stopAfter(stage, 2)
    expect(await run(stage, { fresh: true })).toMatchObject({ resumed: false, events: 300 })
    expect(await run(stage)).toMatchObject({ resumed: false, events: 300 })
  })

  it('is not what a finished run is, and not what a signal that has aborted begins', async () => {
    const stage = await staged(await someHistory(100))
    const signal = AbortSignal.abort(new Error('never began'))
    await expect(run(stage, { signal })).rejects.toThrow('never began')
    await run(stage)
    expect(await run(stage)).toMatchObject({ resumed: false })
  })

  it('ends with what onProgress throws', async () => {
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

  it('waits for it, says what it waits for, and goes on', async () => {
    const events = await someHistory(200)
    const stage = await staged(events)
    const waits: unknown[] = []
    const result = await migrate(history, {
      mongo: stage.mongo,
      warehouse: awayFor(stage, 6),
      batchEvents: 20,
      onWait: ({ thrown }) => waits.push(thrown),
    })
    expect(result).toMatchObject({ resumed: false, applied: 200, quarantined: 0 })
    expect(waits).toHaveLength(6)
    expect(waits[0]).toMatchObject({ message: 'failing over' })
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly(events))
  })

  it('ends with its error after the time that is set, and goes on later', async () => {
    const stage = await staged(await someHistory(200))
    const options = { mongo: stage.mongo, batchEvents: 20, outageMs: 50 }
    const running = migrate(history, { ...options, warehouse: awayFor(stage, 1e9) })
    await expect(running).rejects.toMatchObject({ code: 'UNREACHABLE', message: 'failing over' })
    expect(await migrate(history, { ...options, warehouse: stage.warehouse })).toMatchObject({ resumed: true })
  })
})

describe('beside live traffic', () => {
  it('applies events that are inserted behind it while it runs', async () => {
    const events = await someHistory(300)
    const stage = await staged(events)
    const behind = [1, 2, 3].map((i) => fileCreated(100_000 + i, objectId(i)))
    let inserted: Promise<unknown> | undefined
    const warehouse = delayed(stage.warehouse, async ({ name }) => {
      // When the checkpoint is saved, the cursor has passed the smallest ids.
      if (name === '_checkpoint_history' && isRead) await (inserted ??= stage.events.insertMany(behind))
    })
    let isRead = false
    const result = await migrate(history, { mongo: stage.mongo, warehouse, onProgress: () => void (isRead = true) })
    expect(result).toMatchObject({ events: 303, late: 3 })
    expect(await contentOf(stage.warehouse, history)).toEqual(await directly([...events, ...behind]))
    expect(await countWithoutReceipt(history, idsOf(sourceOf(history, stage.mongo)), stage.warehouse)).toBe(0)
  })

  it('comes to the same as each of both alone', async () => {
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

describe('what cannot be applied', () => {
  it('is counted when its type is unknown to the mapping', async () => {
    const strange = [1, 2].map((i) => ({ ...fileCreated(i), _id: i, type: 'file.renamed' }))
    const { type: _, ...typeless } = fileCreated(3)
    const stage = await staged([...strange, typeless, fileCreated(4)])
    expect(await run(stage)).toMatchObject({ events: 1, applied: 1, unmapped: 3 })
  })

  it('is quarantined with its reason, whole, and the rest goes on', async () => {
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

  it('gives a sentence when MongoDB cannot be reached', async () => {
    const { warehouse } = await staged([])
    const away = new MongoClient('mongodb://u:hush-hush@127.0.0.1:1/app', { serverSelectionTimeoutMS: 200 })
    const running = migrate(history, { mongo: away.db(), warehouse })
    await expect(running).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^MongoDB failed: (?!.*hush)/) as unknown,
      remedy: expect.stringContaining('MONGODB_URL') as unknown,
    })
    await away.close()
  })
})
