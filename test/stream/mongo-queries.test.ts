import { describe, expect, it } from 'vitest'
import { indexBounds, take, timeBounds } from '../../src/stream/mongo-queries.ts'

describe('the index bounds of a range', () => {
  const hint = { _id: 1 }

  it.each([
    ['a whole collection', undefined, undefined, undefined, {}],
    ['a first range', undefined, 'm', undefined, { hint, max: { _id: 'm' } }],
    ['a last range', 'm', undefined, undefined, { hint, min: { _id: 'm' } }],
    ['a range that was partly read', 'a', 'm', 'g', { hint, min: { _id: 'g' }, max: { _id: 'm' } }],
    ['a whole collection that was partly read', undefined, undefined, 'g', { hint, min: { _id: 'g' } }],
    ['a range whose bound is null', null, 'm', undefined, { hint, min: { _id: null }, max: { _id: 'm' } }],
    ['a range that was read up to the id null', undefined, 'm', null, { hint, min: { _id: null }, max: { _id: 'm' } }],
  ])('are those of %s', (_, from, before, after, bounds) => {
    expect(indexBounds({ from, before }, after)).toEqual(bounds)
  })
})

describe('the filter by time', () => {
  const [from, to] = [new Date(1), new Date(2)]

  it('has only the bounds that are given', () => {
    expect(timeBounds('meta.at', from, to)).toEqual({ 'meta.at': { $gte: from, $lte: to } })
    expect(timeBounds('at', from, null)).toEqual({ at: { $gte: from } })
    expect(timeBounds('at', null, to)).toEqual({ at: { $lte: to } })
    expect(timeBounds('at', null, null)).toEqual({})
  })
})

it('takes whole batches across the replies of a server, and the rest at the end', async () => {
  const replies = [[1, 2, 3], [], [4], [5, 6, 7, 8]]
  let buffer: number[] = []
  const cursor = {
    async hasNext() {
      while (buffer.length === 0 && replies.length > 0) buffer = replies.shift()!
      return buffer.length > 0
    },
    bufferedCount: () => buffer.length,
    readBufferedDocuments: (count: number) => buffer.splice(0, count),
    close: async () => {},
  }
  const next = (): Promise<number[]> => take(cursor, { documents: 5, bytes: Number.POSITIVE_INFINITY }, () => 1)
  expect([await next(), await next(), await next()]).toEqual([[1, 2, 3, 4, 5], [6, 7, 8], []])
})
