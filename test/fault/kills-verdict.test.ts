import { expect, test } from 'vitest'
import { messagesOf, Stream } from './kills/stream.ts'
import { twinOf, verdictOn } from './kills/verdict.ts'
import { decodeMessage } from '../../src/event/message.ts'

test('the verdict on a campaign sees one event that is missing', async () => {
  const events = new Stream(1, 'live').next(200)
  const sound = await verdictOn(await twinOf(events), events)
  expect(sound).toMatchObject({ withoutReceipt: 0, quarantined: 0 })
  expect(sound.tables.map(({ isEqual }) => isEqual)).toEqual([true, true, true])
  const lossy = await verdictOn(await twinOf(events.toSpliced(100, 1)), events)
  expect(lossy.withoutReceipt).toBe(1)
  expect(lossy.tables.find(({ table }) => table === 'fact_step')).toMatchObject({ isEqual: false })
})

test('the messages of a campaign hold every event, some of them twice, and are the same for the same seed', () => {
  const events = new Stream(1, 'live').next(100)
  const messages = messagesOf(events, 1, 'a')
  expect(messagesOf(new Stream(1, 'live').next(100), 1, 'a')).toEqual(messages)
  const carried = messages.flatMap((body) => {
    const decoded = decodeMessage(body)
    return decoded.outcome === 'malformed' ? [] : decoded.events.map((bytes) => Buffer.from(bytes).toString('hex'))
  })
  expect(carried).toHaveLength(125)
  expect(new Set(carried)).toEqual(new Set(events.map(({ bytes }) => Buffer.from(bytes).toString('hex'))))
})
