import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packBatches } from '../../src/queue/pack-batches.ts'

const messages = (...bodies: string[]): { id: string; body: string }[] =>
  bodies.map((body, number) => ({ id: String(number), body }))

test('a batch ends before it has too many bytes or too many entries', () => {
  const limits = { messageBytes: 6, batchBytes: 6, batchEntries: 2 }
  const { batches, oversized } = packBatches(messages('éé', 'a', 'b', 'é', 'ééé', 'éééa', 'c'), limits)
  expect(batches.map((batch) => batch.map(({ body }) => body))).toEqual([['éé', 'a'], ['b', 'é'], ['ééé'], ['c']])
  expect(oversized).toEqual([
    { id: '5', status: 'failed', retryable: false, reason: 'The message has 7 bytes; the queue takes at most 6.' },
  ])
})

test('a message must fit into a batch as well as into its own limit', () => {
  const limits = { messageBytes: 9, batchBytes: 2, batchEntries: 10 }
  expect(packBatches(messages('abc'), limits).oversized).toHaveLength(1)
})

test('packing loses nothing, keeps the order and stays within every limit', () => {
  const limit = fc.integer({ min: 1, max: 40 })
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 60 }),
      fc.record({ messageBytes: limit, batchBytes: limit, batchEntries: fc.integer({ min: 1, max: 10 }) }),
      (bodies, limits) => {
        const all = messages(...bodies)
        const { batches, oversized } = packBatches(all, limits)
        const packed = new Set(batches.flat())
        expect(all.filter((message) => packed.has(message))).toEqual(batches.flat())
        expect(all.filter((message) => !packed.has(message)).map(({ id }) => id)).toEqual(oversized.map(({ id }) => id))
        for (const batch of batches) {
          const sizes = batch.map(({ body }) => new TextEncoder().encode(body).length)
          expect(batch.length).toBeGreaterThan(0)
          expect(batch.length).toBeLessThanOrEqual(limits.batchEntries)
          expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.messageBytes)
          expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(limits.batchBytes)
        }
      },
    ),
  )
})
