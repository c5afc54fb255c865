import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { createApplier } from '../../src/apply/index.ts'
import { encodeEvent, MAX_EVENTS_PER_MESSAGE, MAX_INFLATED_BYTES } from '../../src/event/index.ts'
import { encodeMessage } from '../../src/event/message.ts'
import { ledgerOf } from '../../src/ledger/index.ts'
import { compile } from '../../src/mapping/index.ts'
import { applyMessages, decodeBodies, type MessageReader } from '../../src/sink/apply-messages.ts'
import { memoryWarehouse } from '../../src/warehouse/index.ts'
import { sender } from './sinking.ts'

const reader: MessageReader = { migration: history.name, generationOf: () => 1 }

/** A body as a forger makes it: all bytes zero but the lengths of its documents. */
function forged(documents: number, bytes: number, declared = documents): string {
  const run = Buffer.alloc(documents * bytes)
  for (let i = 0; i < documents; i++) run.writeInt32LE(bytes, i * bytes)
  const data = zstdCompressSync(run).toString('base64')
  return JSON.stringify({ changeover: 1, migration: history.name, events: declared, encoding: 'bson+zstd', data })
}

const applied = (bodies: readonly string[], target = memoryWarehouse()): ReturnType<typeof applyMessages> =>
  applyMessages(createApplier(compile(history), target), reader, bodies)

test('a few kilobytes that inflate to millions of events are one unreadable message', async () => {
  for (const declared of [13_000_000, 1000]) {
    const body = forged(13_000_000, 5, declared)
    expect(body.length).toBeLessThan(10_000)
    const target = memoryWarehouse()
    expect(await applied([body], target)).toMatchObject({ messages: 1, received: 0, malformed: 1 })
    expect(String(target.rows(ledgerOf(history).quarantine)[0]![4])).toMatch(/declares events: \d+, (more|but)/)
  }
})

test('messages that inflate to more than one may are applied in parts', async () => {
  const large = [1, 2, 3].map((_id) => encodeEvent({ _id, text: 'x'.repeat(MAX_INFLATED_BYTES / 5) }))
  const half = encodeMessage(sender, large)
  const many = encodeMessage(
    sender,
    Array.from({ length: MAX_EVENTS_PER_MESSAGE - 1 }, (_, i) => encodeEvent({ _id: i })),
  )
  const few = encodeMessage(sender, [encodeEvent({ _id: 1 }), encodeEvent({ _id: 2 })])
  const sizes = async (bodies: readonly string[]): Promise<number[][]> => {
    const parts = []
    for await (const { events, unreadable } of decodeBodies(reader, bodies)) {
      parts.push([events.length, unreadable.length])
    }
    return parts
  }
  expect(await sizes([half, half, half])).toEqual([
    [3, 0],
    [3, 0],
    [3, 0],
  ])
  expect(await sizes([few, many, 'junk', few, few])).toEqual([
    [2, 0],
    [MAX_EVENTS_PER_MESSAGE - 1, 1],
    [4, 0],
  ])
  expect(await sizes([])).toEqual([[0, 0]])
  expect(await applied([few, half, 'junk', half, few])).toMatchObject({ messages: 5, received: 10, malformed: 1 })
})

test('timers have their turn while a batch is decoded and mapped', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const ids = Array.from({ length: 20_000 }, (_, i) => encodeEvent({ _id: i, type: 'unknown' }))
  try {
    for await (const { events } of decodeBodies(reader, Array<string>(50).fill(forged(50_000, 5)))) void events
    const whileDecoded = turns
    expect(whileDecoded).toBeGreaterThan(2)
    await applied([encodeMessage(sender, ids)])
    expect(turns).toBeGreaterThan(whileDecoded + 2)
  } finally {
    clearInterval(timer)
  }
})

test('a signal ends the work within a batch', async () => {
  const stop = new AbortController()
  const ids = Array.from({ length: 20_000 }, (_, i) => encodeEvent({ _id: i, type: 'unknown' }))
  const target = memoryWarehouse()
  setTimeout(() => stop.abort(new Error('stopped here')), 1)
  const applier = createApplier(compile(history), target)
  const work = applyMessages(applier, reader, [encodeMessage(sender, ids)], stop.signal)
  await expect(work).rejects.toThrow('stopped here')
  expect(target.rows(ledgerOf(history).receipts)).toEqual([])
})
