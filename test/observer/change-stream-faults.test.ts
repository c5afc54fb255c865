import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MongoClient, type Document } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest'
import { changeStreamTap } from '../../src/observer/change-stream-tap.ts'
import { freshName } from '../support/fresh.ts'
import { eventually, following } from './following.ts'
import { moving } from './observing.ts'
import { recorder } from './recorder.ts'
import { failOn, startStandIn, type StandIn } from './stand-in.ts'

let standIn: StandIn | undefined
let client: MongoClient
/** The one that is tapped: a line that breaks takes others of its client along. */
let tapped: MongoClient

beforeAll(async () => {
  standIn = await startStandIn('--enable-test-commands', '--oplog-max-entries', '50')
  // It does not tell of elections by itself: the driver asks.
  if (standIn === undefined) return
  client = new MongoClient(standIn.url)
  tapped = new MongoClient(standIn.url, { heartbeatFrequencyMS: 500 })
})
beforeEach((context) => context.skip(standIn === undefined, 'there is no server that fails at will'))
afterAll(async () => {
  await tapped?.close()
  await client?.close()
  await standIn?.stop()
})

const getMore = { failCommands: ['getMore'] }
const aggregate = { failCommands: ['aggregate'] }

describe('a server that fails', () => {
  it.each<[string, Document, Document]>([
    ['an election', { times: 3 }, { ...getMore, errorCode: 189 }],
    ['a killed cursor', { times: 1 }, { ...getMore, errorCode: 43 }],
    ['a killed operation', { times: 2 }, { ...getMore, errorCode: 11601 }],
    ['a time-out', { times: 2 }, { ...getMore, errorCode: 50 }],
    ['a line that breaks', { times: 2 }, { ...getMore, closeConnection: true }],
    ['an election while the stream is opened', { times: 3 }, { ...aggregate, errorCode: 189 }],
    ['an error that nobody knows', { times: 2 }, { failCommands: ['getMore', 'aggregate'], errorCode: 123_456 }],
  ])('does not stop the tap: %s', async (_, mode, data) => {
    const { events, follow } = following(client)
    const seen = await follow({}, tapped)
    for (const id of [1, 2, 3]) {
      await failOn(client, mode, data)
      await events.insertOne(moving(id))
      await eventually(`event ${id}`, () => seen.bytes.length === id)
    }
    await failOn(client, 'off')
    expect(seen.ids()).toEqual(['1', '2', '3'])
    expect(seen.windows).toHaveLength(1)
    expect(seen.failures).toEqual([])
    expect(seen.warnings.filter((line) => line.endsWith('interrupted')).length).toBeLessThan(2)
  })

  it('does not stop the tap when it kills the cursor', async () => {
    const { events, follow } = following(client)
    const seen = await follow({}, tapped)
    await events.insertOne(moving(1))
    await eventually('the first', () => seen.bytes.length === 1)
    const sessions = await client.db('admin').command({ killAllSessions: [] })
    expect(sessions['ok']).toBe(1)
    await events.insertOne(moving(2))
    await eventually('the second', () => seen.bytes.length === 2)
    expect(seen.ids()).toEqual(['1', '2'])
  })

  it.each([280, 286])('may lose the position (%s): the tap resumes from its time', async (errorCode) => {
    const { events, follow } = following(client)
    const seen = await follow({}, tapped)
    await events.insertOne(moving(1))
    await eventually('the first', () => seen.bytes.length === 1)
    await failOn(client, { times: 1 }, { ...getMore, errorCode })
    await events.insertOne(moving(2))
    await eventually('the second', () => seen.ids().includes('2'))
    expect(seen.windows).toHaveLength(1)
  })

  it.each([
    [280, 2],
    [10_334, 1],
  ])('may fail at a change (%s): the tap continues after it, and reports it', async (errorCode, times) => {
    const { events, follow } = following(client)
    const seen = await follow({}, tapped)
    await events.insertOne(moving(1))
    await eventually('the first', () => seen.bytes.length === 1)
    await failOn(client, { times }, { failCommands: ['getMore', 'aggregate'], errorCode })
    await eventually('the window', () => seen.windows.length > 1)
    await failOn(client, 'off')
    await events.insertOne(moving(3))
    await eventually('the last', () => seen.ids().includes('3'))
    expect(seen.windows[1]).toEqual({ from: new Date(0), to: expect.any(Date), reason: 'token-lost' })
  })

  it('may lose the position and its time: the window is reported', async () => {
    const { events, follow, position } = following(client)
    const first = await follow()
    await events.insertOne(moving(1))
    await eventually('the first', () => first.bytes.length === 1)
    await first.tap.stop()
    const { token } = (await position())!
    await events.insertOne(moving(2))
    const other = client.db(events.dbName).collection('other')
    for (let round = 0; round < 3; round++) {
      await other.insertMany(Array.from({ length: 1000 }, (_, i) => ({ i })))
    }
    await expect(events.watch([], { startAfter: token }).tryNext()).rejects.toMatchObject({ code: 286 })
    const second = await follow()
    await events.insertOne(moving(3))
    await eventually('the last', () => second.ids().includes('3'))
    expect(second.windows[0]).toEqual({ from: new Date(0), to: expect.any(Date), reason: 'token-lost' })
    await second.tap.stop()
    const third = await follow()
    await events.insertOne(moving(4))
    await eventually('the next', () => third.ids().includes('4'))
    expect(third.windows).toEqual([])
    expect(third.ids()).toEqual(['4'])
  })

  it('may refuse to store the position: the tap continues, and stores it when it can', async () => {
    const { events, follow, position } = following(client)
    const seen = await follow({}, tapped)
    await failOn(client, 'alwaysOn', { failCommands: ['update'], errorCode: 123_456 })
    await events.insertMany([moving(1), moving(2)])
    await eventually('the events', () => seen.bytes.length === 2)
    await eventually('a complaint', () => seen.warnings.length > 0)
    const { sequence } = (await position())!
    await failOn(client, 'off')
    await eventually('a position', async () => (await position())!['sequence'] > sequence)
    expect(seen.warnings).toEqual(['the position of the change stream could not be stored'])
  })

  it('may deny the right to watch: that is reported once, and the tap continues when it is granted', async () => {
    const { events, follow } = following(client)
    const seen = await follow({}, tapped)
    await failOn(client, 'alwaysOn', { failCommands: ['getMore', 'aggregate'], errorCode: 13 })
    await eventually('the failure', () => seen.failures.length > 0)
    await events.insertOne(moving(1))
    await failOn(client, 'off')
    await eventually('the event', () => seen.bytes.length === 1)
    expect(seen.failures).toEqual([
      expect.objectContaining({ code: 'DENIED', remedy: expect.stringContaining('find') }),
    ])
  })
})

describe('stopping', () => {
  it('takes little time, even when the server hangs', async () => {
    const { events, follow } = following(client)
    const seen = await follow({}, tapped)
    await events.insertOne(moving(1))
    await eventually('the event', () => seen.bytes.length === 1)
    const all = ['getMore', 'aggregate', 'update', 'killCursors', 'endSessions']
    await failOn(client, 'alwaysOn', { failCommands: all, blockConnection: true, blockTimeMS: 8000 })
    const before = performance.now()
    await Promise.all([seen.tap.stop(), seen.tap.stop()])
    expect(performance.now() - before).toBeLessThan(4500)
    await failOn(client, 'off')
  })

  it('is quick before the start, and when there is no server', async () => {
    const away = new MongoClient('mongodb://127.0.0.1:1/x')
    const make = () => changeStreamTap(away, { database: 'x', collection: 'events' }, { migration: 'movements' })
    await make().stop()
    const tap = make()
    const seen = recorder()
    tap.start(seen)
    const before = performance.now()
    await tap.stop()
    await tap.live
    expect(performance.now() - before).toBeLessThan(1000)
    expect(seen.failures).toEqual([])
    await away.close()
  })
})

describe('a process', () => {
  const run = promisify(execFile)
  const child = (...args: string[]) =>
    run(process.execPath, [fileURLToPath(new URL('change-stream-child.ts', import.meta.url)), ...args], {
      timeout: 20_000,
    })

  it('ends when the client is closed, even if the tap was not stopped', async () => {
    const { stdout, stderr } = await child(inject('mongoUrl'), freshName(), 'closes')
    expect(stdout).toBe('live\n')
    expect(stderr).toBe('')
  })

  it('ends when there is no server, even if the tap keeps trying', async () => {
    const { stdout, stderr } = await child('mongodb://127.0.0.1:1/x', 'x', 'unreachable')
    expect(stdout + stderr).toBe('')
  })
})

describe('a standalone server', () => {
  it('is reported in one sentence, at once when the driver already knows it', async () => {
    const standalone = (await startStandIn('--standalone'))!
    onTestFinished(() => standalone.stop())
    const host = new MongoClient(standalone.url)
    onTestFinished(() => host.close())
    const make = () => changeStreamTap(host, { database: 'x', collection: 'events' }, { migration: 'movements' })
    const tap = make()
    onTestFinished(() => tap.stop())
    const seen = recorder()
    tap.start(seen)
    await eventually('the failure', () => seen.failures.length > 0)
    const failure = { code: 'CONFIG', remedy: expect.stringContaining('replica set') }
    expect(seen.failures).toEqual([expect.objectContaining(failure)])
    expect(() => make().start(recorder())).toThrow(expect.objectContaining(failure))
  })
})
