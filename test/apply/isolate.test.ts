import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isolate } from '../../src/apply/isolate.ts'

/** Writes numbers, and refuses any call that has a bad one among them. */
function writing(bad: ReadonlySet<number>) {
  const written = new Set<number>()
  let calls = 0
  return {
    written,
    calls: () => calls,
    write: async (items: readonly number[]): Promise<number> => {
      calls++
      const first = items.find((item) => bad.has(item))
      if (first !== undefined) throw new RangeError(`${first} is too long`)
      for (const item of items) written.add(item)
      return items.length
    },
  }
}

const tooLong = (thrown: unknown): string | undefined => (thrown instanceof RangeError ? thrown.message : undefined)

test('writes everything at once when nothing is refused', async () => {
  const { write, calls } = writing(new Set())
  expect(await isolate([1, 2, 3], write, tooLong)).toEqual({ written: 3, refused: [] })
  expect(calls()).toBe(1)
})

test('blames exactly the items that are refused, and writes all others once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(200), { maxLength: 40 }), fc.array(fc.nat(200)), async (items, bad) => {
      const refused = new Set(bad)
      const { write, written } = writing(refused)
      const result = await isolate(items, write, tooLong)
      const good = items.filter((item) => !refused.has(item))
      expect(result.refused).toEqual(
        items.filter((item) => refused.has(item)).map((item) => ({ item, reason: `${item} is too long` })),
      )
      expect(result.written).toBe(good.length)
      expect(written).toEqual(new Set(good))
    }),
  )
})

test('finds one item of 1,000 in about twice as many calls as there are halvings', async () => {
  const items = Array.from({ length: 1000 }, (_, i) => i)
  const { write, calls } = writing(new Set([777]))
  expect((await isolate(items, write, tooLong)).refused).toHaveLength(1)
  expect(calls()).toBeLessThanOrEqual(21)
})

test('rethrows an error that no item is to blame for, and goes no further', async () => {
  let calls = 0
  const write = async (): Promise<number> => {
    calls++
    throw new Error('gone')
  }
  await expect(isolate([1, 2, 3], write, tooLong)).rejects.toThrow('gone')
  expect(calls).toBe(1)
})
