import { Long, MinKey, type Document } from 'mongodb'
import { describe, expect, onTestFinished, test } from 'vitest'
import { decodeEvent, eventKey } from '../../src/event/index.ts'
import { defineMigration } from '../../src/mapping/index.ts'
import { column as c, fact } from '../../src/star/index.ts'
import type { EventSource, Range } from '../../src/stream/index.ts'

interface Move {
  readonly _id: unknown
  readonly seq: number
  readonly meta: { readonly type: 'walked' | 'ran' | 'slept'; readonly at: Date }
}

const move = fact('move', { key: { id: c.varchar(40) }, dimensions: { day: c.date() } })

/** Two handled types and an ignored one; type and time are not at the root. */
export const moves = defineMigration<Move>()({
  name: 'moves',
  source: { collection: 'moves', type: 'meta.type', order: 'seq', time: 'meta.at' },
  tables: { move },
  on: {
    walked: (e) => move.create({ id: String(e._id) }, { day: e.meta.at }),
    ran: (e) => move.create({ id: String(e._id) }, { day: e.meta.at }),
    slept: 'ignore',
  },
})

const BOUNDS = { batchEvents: 100, batchBytes: 2 ** 20 }

export interface MadeSource {
  readonly source: EventSource
  readonly dispose: () => Promise<void>
}

/** An event of `moves`; a field that is given as undefined is left out. */
export function moved(id: unknown, fields: { readonly type?: unknown; readonly at?: unknown } = {}): Document {
  const meta = { type: 'walked', at: second(0), ...fields }
  return { _id: id, seq: 1, meta: Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined)) }
}

function second(n: number): Date {
  return new Date(1_700_000_000_000 + n * 1000)
}

/** More events than one range holds, with ids of several types. */
function manyEvents(): Document[] {
  return Array.from({ length: 4500 }, (_, i) => {
    if (i % 5 === 0) return moved(`text ${i}`)
    if (i % 5 === 1) return moved(i, { type: 'ran' })
    if (i % 5 === 2) return moved(Long.fromBigInt(2n ** 60n + BigInt(i)))
    return i % 5 === 3 ? moved({ part: i, of: 'a whole' }) : moved(new Date(i))
  })
}

/** What every source of events must do. `make` returns a source of these events, of the migration `moves`. */
export function eventSourceContract(name: string, make: (events: readonly Document[]) => Promise<MadeSource>): void {
  const sourceOf = async (events: readonly Document[]): Promise<EventSource> => {
    const { source, dispose } = await make(events)
    onTestFinished(dispose)
    return source
  }

  describe(`event source contract: ${name}`, () => {
    test('the ranges together hold every event, each in exactly one', async () => {
      const events = manyEvents()
      const source = await sourceOf(events)
      const ranges = await source.ranges(3)
      expect(ranges.length).toBeGreaterThan(1)
      expect(ranges.length).toBeLessThanOrEqual(3)
      const read: string[] = []
      for (const range of ranges) read.push(...(await idsIn(source, range)))
      expect(read).toHaveLength(events.length)
      expect(read.toSorted()).toEqual(keysOf(events))
    })

    test('a range is read in batches of bounded size', async () => {
      const events = manyEvents().slice(0, 95)
      const source = await sourceOf(events)
      const sizes: number[] = []
      for await (const batch of source.read(await only(source), undefined, { ...BOUNDS, batchEvents: 10 }))
        sizes.push(batch.length)
      expect(Math.max(...sizes)).toBeLessThanOrEqual(10)
      expect(Math.min(...sizes)).toBeGreaterThan(0)
      expect(sizes.reduce((a, b) => a + b, 0)).toBe(events.length)
    })

    test('a batch ends at the event with which it reaches its bytes', async () => {
      const events = Array.from({ length: 12 }, (_, i) => ({ ...moved(i), note: 'x'.repeat(1000) }))
      const source = await sourceOf(events)
      const bounds = { batchEvents: 100, batchBytes: 2500 }
      const ids = events.map((_, i) => i)
      for (const batches of [source.read(await only(source), undefined, bounds), source.byIds(ids, bounds)]) {
        expect((await all(batches)).map((batch) => batch.length)).toEqual([3, 3, 3, 3])
      }
      const single = source.read(await only(source), undefined, { batchEvents: 100, batchBytes: 1 })
      expect((await all(single)).map((batch) => batch.length)).toEqual(Array(12).fill(1))
    })

    test('reading resumes behind any event, and repeats no more than that one', async () => {
      const events = [...manyEvents().slice(0, 20), moved(null), moved(new MinKey()), moved(false)]
      const source = await sourceOf(events)
      const range = await only(source)
      const whole = await bytesIn(source, range)
      expect(await idsIn(source, range)).toEqual(whole.map(keyIn))
      for (const [i, event] of whole.entries()) {
        const left = (await bytesIn(source, range, decodeEvent(event)['_id'])).map(keyIn)
        const behind = whole.slice(i + 1).map(keyIn)
        expect(left[0] === keyIn(event) ? left.slice(1) : left).toEqual(behind)
      }
    })

    test('events come as the bytes that are stored', async () => {
      const more = { note: 'Grüße, 世界', much: Long.fromBigInt(2n ** 60n), nested: [1, null, { a: 1.5 }] }
      const event = { ...moved(1), ...more }
      const source = await sourceOf([event])
      const [read] = await bytesIn(source, await only(source))
      const [found] = await foundIn(source, [1])
      expect(read).toBeInstanceOf(Uint8Array)
      expect(decodeEvent(read!)).toEqual(decodeEvent(found!))
      expect(decodeEvent(read!)).toMatchObject(more)
    })

    test('only events of handled types are read, listed and found', async () => {
      const source = await sourceOf([
        moved(1),
        moved(2, { type: 'slept' }),
        moved(3, { type: 'flew' }),
        moved(4, { type: undefined }),
        moved(5, { type: 'ran' }),
      ])
      const handled = keysOf([moved(1), moved(5)])
      expect((await idsIn(source, await only(source))).toSorted()).toEqual(handled)
      expect(await listed(source, null, null)).toEqual([1, 5])
      const found = await foundIn(source, [1, 2, 3, 4, 5])
      expect(found.map(keyIn).toSorted()).toEqual(handled)
    })

    test('ids that no event has are skipped', async () => {
      const source = await sourceOf([moved(1), moved('1'), moved(Long.fromBigInt(2n ** 60n))])
      expect((await foundIn(source, ['1', 2, 'none', Long.fromBigInt(2n ** 60n)])).map(keyIn).toSorted()).toEqual(
        keysOf([moved('1'), moved(Long.fromBigInt(2n ** 60n))]),
      )
      expect(await foundIn(source, [])).toEqual([])
    })

    test('ids are listed by the time of their events, bounds included', async () => {
      const source = await sourceOf([1, 2, 3, 4, 5].map((n) => moved(n, { at: second(n) })))
      expect(await listed(source, second(2), second(4))).toEqual([2, 3, 4])
      expect(await listed(source, second(4), null)).toEqual([4, 5])
      expect(await listed(source, null, second(2))).toEqual([1, 2])
      expect(await listed(source, second(6), second(9))).toEqual([])
      expect(await listed(source, null, null)).toEqual([1, 2, 3, 4, 5])
    })

    test('an event without a time is listed only when there are no bounds', async () => {
      const source = await sourceOf([
        moved(1, { at: second(1) }),
        moved(2, { at: undefined }),
        moved(3, { at: 'yesterday' }),
      ])
      expect(await listed(source, second(0), second(9))).toEqual([1])
      expect(await listed(source, null, second(9))).toEqual([1])
      expect(await listed(source, null, null)).toEqual([1, 2, 3])
    })

    test('many ids are listed in batches of bounded size', async () => {
      const events = manyEvents()
      const source = await sourceOf(events)
      const keys: string[] = []
      for await (const run of source.idsBetween(null, null)) {
        expect(run.length).toBeLessThanOrEqual(1000)
        keys.push(...run.map(keyOf))
      }
      expect(keys.toSorted()).toEqual(keysOf(events))
    })

    test('all events are counted, and all types', async () => {
      const types = ['walked', 'walked', 'slept', 'flew', 'flew', undefined, 7, null, ['flew'], ['flew', 'ran']]
      const source = await sourceOf(types.map((type, i) => moved(i, { type })))
      expect(await source.count()).toBe(types.length)
      const counts = new Map((await source.types()).map(({ type, events }) => [type, events]))
      expect(counts).toEqual(
        new Map([
          ['walked', 2],
          ['slept', 1],
          ['flew', 2],
          ['ran', 1],
          // Missing, a number, null, and an array without a type that is known.
          [null, 4],
        ]),
      )
    })

    test('types are counted between two instants, both included', async () => {
      const at = [0, 1, 2, 3].map((n) => new Date(n * 1000))
      const source = await sourceOf(at.map((when, i) => moved(i, { type: `type ${i}`, at: when })))
      const typesBetween = async (from: Date | null, to: Date | null): Promise<string[]> =>
        (await source.types({ from, to })).map(({ type }) => String(type)).toSorted()
      expect(await typesBetween(at[1]!, at[2]!)).toEqual(['type 1', 'type 2'])
      expect(await typesBetween(at[3]!, null)).toEqual(['type 3'])
      expect(await typesBetween(null, at[0]!)).toEqual(['type 0'])
    })

    test('an empty source has one range, and nothing in it', async () => {
      const source = await sourceOf([])
      expect(await source.ranges(16)).toHaveLength(1)
      expect(await idsIn(source, await only(source))).toEqual([])
      expect(await foundIn(source, [1])).toEqual([])
      expect(await listed(source, null, null)).toEqual([])
      expect(await source.count()).toBe(0)
      expect(await source.types()).toEqual([])
    })

    test('every question rejects with the reason of a signal that has aborted', async () => {
      const source = await sourceOf([moved(1)])
      const range = await only(source)
      const reason = new Error('stopped here')
      const signal = AbortSignal.abort(reason)
      const questions = [
        source.ranges(1, { signal }),
        all(source.byIds([1], { ...BOUNDS, signal })),
        source.count({ signal }),
        source.types({ signal }),
        all(source.read(range, undefined, { ...BOUNDS, signal })),
        all(source.idsBetween(null, null, { signal })),
      ]
      for (const question of questions) await expect(question).rejects.toBe(reason)
    })

    test('a reader stops at the next batch after the signal aborts', async () => {
      const source = await sourceOf(manyEvents().slice(0, 50))
      const reason = new Error('stopped here')
      const stop = new AbortController()
      let batches = 0
      const reading = (async () => {
        const options = { ...BOUNDS, batchEvents: 10, signal: stop.signal }
        for await (const _ of source.read(await only(source), undefined, options)) {
          batches++
          stop.abort(reason)
        }
      })()
      await expect(reading).rejects.toBe(reason)
      expect(batches).toBe(1)
    })

    test('a reader may be left early', async () => {
      const source = await sourceOf(manyEvents().slice(0, 50))
      for await (const batch of source.read(await only(source), undefined, { ...BOUNDS, batchEvents: 10 })) {
        expect(batch).toHaveLength(10)
        break
      }
      expect(await source.count()).toBe(50)
    })
  })
}

/** The events with these ids. */
export async function foundIn(source: EventSource, ids: readonly unknown[]): Promise<Uint8Array[]> {
  return (await all(source.byIds(ids, BOUNDS))).flat()
}

/** The range of a source that is not cut. */
async function only(source: EventSource): Promise<Range> {
  const [range, ...others] = await source.ranges(1)
  expect(others).toEqual([])
  return range!
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

async function bytesIn(source: EventSource, range: Range, after?: unknown): Promise<Uint8Array[]> {
  return (await all(source.read(range, after, BOUNDS))).flat()
}

async function idsIn(source: EventSource, range: Range): Promise<string[]> {
  return (await bytesIn(source, range)).map(keyIn)
}

/** The ids between two times, sorted; they must be numbers. */
async function listed(source: EventSource, from: Date | null, to: Date | null): Promise<number[]> {
  return (await all(source.idsBetween(from, to)))
    .flat()
    .map(Number)
    .toSorted((a, b) => a - b)
}

function keysOf(events: readonly Document[]): string[] {
  return events.map(({ _id }) => keyOf(_id)).toSorted()
}

function keyIn(event: Uint8Array): string {
  return keyOf(decodeEvent(event)['_id'])
}

function keyOf(id: unknown): string {
  return Buffer.from(eventKey(id)).toString('hex')
}
