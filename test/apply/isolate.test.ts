import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isolate, type Blame, type Isolation } from '../../src/apply/isolate.ts'

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

/** A RangeError is an item's fault; what else can be is given. */
const by = (write: Isolation<number>['write'], otherwise: Blame = 'none', control = async () => {}) => ({
  write,
  control,
  check: control,
  blameOf: (thrown: unknown): Blame => (thrown instanceof RangeError ? 'certain' : otherwise),
  reasonOf: (thrown: unknown): string => (thrown as Error).message,
})

test('writes everything at once when nothing is refused', async () => {
  const { write, calls } = writing(new Set())
  expect(await isolate([1, 2, 3], by(write))).toEqual({ written: 3, refused: [] })
  expect(calls()).toBe(1)
})

test('blames exactly the items that are refused, and writes all others once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(200), { maxLength: 40 }), fc.array(fc.nat(200)), async (items, bad) => {
      const refused = new Set(bad)
      const { write, written } = writing(refused)
      const result = await isolate(items, by(write))
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
  expect((await isolate(items, by(write))).refused).toHaveLength(1)
  expect(calls()).toBeLessThanOrEqual(21)
})

test('rethrows an error that no item is to blame for, and goes no further', async () => {
  let calls = 0
  const write = async (): Promise<number> => {
    calls++
    throw new Error('gone')
  }
  await expect(isolate([1, 2, 3], by(write))).rejects.toThrow('gone')
  expect(calls).toBe(1)
})

describe('an error that proves nothing by itself', () => {
  /** Fails by the number of the call, and for bad items. */
  const failing = (isAway: (call: number) => boolean, bad: number) => {
    let calls = 0
    const call = async (): Promise<void> => {
      if (isAway(calls++)) throw new Error('away')
    }
    const write = async (items: readonly number[]): Promise<number> => {
      await call()
      if (items.includes(bad)) throw new Error('odd')
      return items.length
    }
    return { isolation: by(write, 'possible', call), calls: () => calls }
  }

  test('is held against an item that fails alone, twice, while the control passes', async () => {
    const { isolation } = failing(() => false, 3)
    expect(await isolate([1, 2, 3, 4], isolation)).toEqual({ written: 3, refused: [{ item: 3, reason: 'odd' }] })
  })

  test('is thrown when the control fails too, without halving', async () => {
    const { isolation, calls } = failing(() => true, 3)
    await expect(isolate([1, 2, 3, 4], isolation)).rejects.toThrow('away')
    expect(calls()).toBe(2)
  })

  test('is not held against an item that fails once', async () => {
    const { isolation } = failing((call) => call === 0, -1)
    expect(await isolate([1], isolation)).toEqual({ written: 1, refused: [] })
  })

  test('is thrown when the control of the item that is left fails', async () => {
    const { isolation } = failing(() => false, 3)
    const control = () => Promise.reject(new Error('nothing passes'))
    await expect(isolate([3, 4], { ...isolation, control })).rejects.toThrow('odd')
  })
})
