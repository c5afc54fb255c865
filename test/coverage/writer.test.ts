import type { Collection } from 'mongodb'
import { describe, expect, onTestFinished, test } from 'vitest'
import { heartbeatId, windowId, type CoverageWindow, type Heartbeat } from '../../src/coverage/format.ts'
import {
  closeCrashed,
  coverageCollection,
  markHealed,
  readCoverage,
  recordCoverage,
  type CoverageDocument,
  type WindowRecord,
} from '../../src/coverage/index.ts'
import { freshMongo } from '../support/fresh.ts'

const observer = { migration: 'steps', instance: 'an-instance' }
const at = (second: number): Date => new Date(1_700_000_000_000 + second * 1000)

async function fresh(): Promise<{
  collection: Collection<CoverageDocument>
  unhealed: () => ReturnType<typeof readCoverage>
}> {
  const mongo = await freshMongo()
  onTestFinished(() => mongo[Symbol.asyncDispose]())
  const db = mongo.client.db()
  return {
    collection: coverageCollection(db, 'changeover_coverage'),
    unhealed: () => readCoverage(db, 'changeover_coverage', 'steps'),
  }
}

function windowRecord(more: Partial<WindowRecord> = {}): WindowRecord {
  return { name: '1', reason: 'flag-off', from: at(1), to: at(9), events: 3, state: 'open', isNew: true, ...more }
}

const alive = { kind: 'alive', from: at(0), to: at(10), everyMs: 5000 } as const

describe('recording coverage', () => {
  test('writes windows and the heartbeat in one ordered command, the heartbeat last', async () => {
    const { collection } = await fresh()
    await recordCoverage(
      collection,
      observer,
      [windowRecord(), windowRecord({ name: '2', from: null, to: null })],
      alive,
    )
    const documents = await collection.find().sort({ _id: -1 }).toArray()
    expect(documents).toEqual([
      {
        _id: 'window/steps/an-instance/2',
        kind: 'window',
        migration: 'steps',
        instance: 'an-instance',
        reason: 'flag-off',
        from: null,
        to: null,
        events: 3,
        state: 'open',
        writes: 1,
        openedAt: expect.any(Date) as Date,
        updatedAt: expect.any(Date) as Date,
      },
      expect.objectContaining({ _id: windowId('steps', 'an-instance', '1'), from: at(1), to: at(9) }) as unknown,
      {
        _id: heartbeatId('steps', 'an-instance'),
        kind: 'heartbeat',
        migration: 'steps',
        instance: 'an-instance',
        from: at(0),
        to: at(10),
        everyMs: 5000,
        updatedAt: expect.any(Date) as Date,
      },
    ])
  })

  test('counts the writes of a window and keeps the time at which it was opened', async () => {
    const { collection } = await fresh()
    await recordCoverage(collection, observer, [windowRecord()], alive)
    const before = await collection.findOne({ kind: 'window' })
    await recordCoverage(collection, observer, [windowRecord({ events: 5, state: 'closed', isNew: false })], alive)
    expect(await collection.find({ kind: 'window' }).toArray()).toMatchObject([
      { events: 5, state: 'closed', writes: 2, openedAt: (before as CoverageWindow).openedAt },
    ])
  })

  test('removes the heartbeat of an observer that has ended', async () => {
    const { collection } = await fresh()
    await recordCoverage(collection, observer, [], alive)
    await recordCoverage(collection, { ...observer, instance: 'another' }, [], alive)
    await recordCoverage(collection, observer, [], { kind: 'ended' })
    expect(await collection.find().toArray()).toMatchObject([{ kind: 'heartbeat', instance: 'another' }])
  })
})

describe('reading coverage', () => {
  test('returns the windows of one migration that are not healed', async () => {
    const { collection, unhealed } = await fresh()
    await recordCoverage(collection, observer, [windowRecord(), windowRecord({ name: '2', state: 'closed' })], alive)
    await recordCoverage(collection, { ...observer, migration: 'others' }, [windowRecord()], alive)
    const { windows, silent, now } = await unhealed()
    expect(windows.map(({ _id }) => _id).toSorted()).toEqual(['1', '2'].map((n) => windowId('steps', 'an-instance', n)))
    expect(silent).toEqual([])
    expect(now).toBeInstanceOf(Date)
    expect(
      await markHealed(
        collection,
        windows.find(({ state }) => state === 'closed')!,
      ),
    ).toBe(true)
    expect((await unhealed()).windows).toHaveLength(1)
  })
})

describe('closing a crashed observer', () => {
  const heartbeat = (updatedAt: Date): Heartbeat => ({
    _id: heartbeatId('steps', 'an-instance'),
    ...observer,
    kind: 'heartbeat',
    from: at(0),
    to: at(10),
    everyMs: 5000,
    updatedAt,
  })

  test('turns its heartbeat into a closed window up to now, and closes its open windows', async () => {
    const { collection, unhealed } = await fresh()
    const dead = heartbeat(at(100))
    await collection.insertOne(dead)
    await recordCoverage(collection, { ...observer, instance: 'alive' }, [windowRecord()], alive)
    await collection.insertOne({
      _id: windowId('steps', 'an-instance', '1'),
      ...observer,
      kind: 'window',
      reason: 'flag-off',
      from: at(1),
      to: at(9),
      events: 1,
      writes: 4,
      openedAt: at(50),
      updatedAt: at(90),
      state: 'open',
    })
    const { silent } = await unhealed()
    expect(silent).toEqual([dead])
    await closeCrashed(collection, dead, at(160))
    const documents = await collection.find({ instance: 'an-instance' }).sort({ _id: 1 }).toArray()
    expect(documents).toMatchObject([
      { _id: windowId('steps', 'an-instance', '1'), state: 'closed', writes: 5 },
      {
        _id: `window/steps/an-instance/crash-${at(100).getTime()}`,
        kind: 'window',
        reason: 'crash',
        from: at(0),
        to: at(70),
        events: 0,
        state: 'closed',
        writes: 1,
        openedAt: at(100),
        updatedAt: at(160),
      },
    ])
    expect(await collection.find({ instance: 'alive', kind: 'window' }).toArray()).toMatchObject([{ state: 'open' }])
  })

  test('may be repeated, also at the same time', async () => {
    const { collection } = await fresh()
    await collection.insertOne(heartbeat(at(100)))
    await Promise.all([1, 2, 3].map(() => closeCrashed(collection, heartbeat(at(100)), at(160))))
    await closeCrashed(collection, heartbeat(at(100)), at(200))
    expect(await collection.find().toArray()).toMatchObject([{ reason: 'crash', to: at(70), writes: 1 }])
  })

  test('leaves a newer heartbeat of the same observer', async () => {
    const { collection } = await fresh()
    await collection.insertOne(heartbeat(at(120)))
    await closeCrashed(collection, heartbeat(at(100)), at(160))
    expect(await collection.find({ kind: 'heartbeat' }).toArray()).toMatchObject([{ updatedAt: at(120) }])
  })
})

describe('marking a window as healed', () => {
  test('succeeds once', async () => {
    const { collection, unhealed } = await fresh()
    await recordCoverage(collection, observer, [windowRecord({ state: 'closed' })], alive)
    const [window] = (await unhealed()).windows
    expect(await markHealed(collection, window!)).toBe(true)
    expect(await markHealed(collection, window!)).toBe(false)
    expect(await collection.findOne({ kind: 'window' })).toMatchObject({
      state: 'healed',
      healedAt: expect.any(Date) as Date,
      writes: 1,
    })
  })

  test('fails for a window that has grown or is open', async () => {
    const { collection, unhealed } = await fresh()
    await recordCoverage(collection, observer, [windowRecord({ state: 'closed' })], alive)
    const [read] = (await unhealed()).windows
    await recordCoverage(collection, observer, [windowRecord({ state: 'closed', events: 9, isNew: false })], alive)
    expect(await markHealed(collection, read!)).toBe(false)
    await recordCoverage(collection, observer, [windowRecord({ state: 'open', isNew: false })], alive)
    expect(await markHealed(collection, (await unhealed()).windows[0]!)).toBe(false)
  })
})
