import fc from 'fast-check'
import { Timestamp } from 'mongodb'
import { describe, expect, it, vi } from 'vitest'
import { FragmentJoiner, timeOfToken, type Change, type StreamStart } from '../../src/observer/change-stream.ts'
import { streamErrorKind } from '../../src/observer/stream-errors.ts'
import { PositionSaver } from '../../src/observer/position-saver.ts'
import { SettledPrefix } from '../../src/observer/settled-prefix.ts'
import { storedBytes, storedDocument } from '../../src/observer/stored-document.ts'
import { serialize } from 'bson'

describe('the settled prefix', () => {
  it('is at the last position before which everything is settled, in any order of settling', () => {
    const step = fc.oneof(fc.constant('add' as const), fc.constant('pass' as const), fc.nat(20))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let position = 0
        const moves: number[] = []
        const prefix = new SettledPrefix<number>((at) => void moves.push(at))
        const model: { position: number; isSettled: boolean; settle: () => void }[] = []
        for (const each of steps) {
          position++
          if (each === 'add') model.push({ position, isSettled: false, settle: prefix.add(position) })
          else if (each === 'pass') {
            prefix.pass(position)
            model.push({ position, isSettled: true, settle() {} })
          } else if (model[each]) {
            model[each].settle()
            model[each].isSettled = true
          }
          const first = model.findIndex(({ isSettled }) => !isSettled)
          const settled = first < 0 ? model : model.slice(0, first)
          expect(moves.at(-1)).toBe(settled.at(-1)?.position)
          expect(prefix.isEmpty).toBe(first < 0)
        }
        expect(moves).toEqual(moves.toSorted((a, b) => a - b))
      }),
    )
  })
})

describe('the position saver', () => {
  it('writes one position at a time, the newest, and not too often', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const written: number[] = []
      let [writing, most] = [0, 0]
      const saver = new PositionSaver<number>(
        async (position) => {
          most = Math.max(most, ++writing)
          await Promise.resolve()
          written.push(position)
          writing--
        },
        () => {},
      )
      for (let position = 1; position <= 1000; position++) {
        saver.offer(position, 100)
        await vi.advanceTimersByTimeAsync(1)
      }
      await saver.close()
      expect(written.at(-1)).toBe(1000)
      expect(written.length).toBeLessThanOrEqual(12)
      expect(most).toBe(1)
      saver.offer(1001, 100)
      await saver.save()
      expect(written.at(-1)).toBe(1001)
    } finally {
      vi.useRealTimers()
    }
  })

  it('retries a failed write, with the newest position', async () => {
    let isDown = true
    const written: number[] = []
    const failures: unknown[] = []
    const saver = new PositionSaver<number>(
      async (position) => {
        await Promise.resolve()
        if (isDown) throw new Error('down')
        written.push(position)
      },
      (thrown) => void failures.push(thrown),
    )
    saver.offer(1, 5)
    await vi.waitFor(() => expect(failures.length).toBeGreaterThan(1))
    saver.offer(2, 5)
    isDown = false
    await vi.waitFor(() => expect(written).toEqual([2]))
  })
})

describe('an error', () => {
  const token: StreamStart = { by: 'token', token: {} }
  const time: StreamStart = { by: 'time', clusterTime: new Timestamp(0n) }
  const error = (code: unknown, message = ''): Error => Object.assign(new Error(message), { code })

  it.each([
    [error(280), token, 'lost'],
    [error(286), time, 'lost'],
    [error(9), token, 'lost'],
    [error(9), time, 'transient'],
    [error(10_334), token, 'too-large'],
    [error(40_573), token, 'unsupported'],
    [error(13), undefined, 'denied'],
    [error('ECONNRESET'), token, 'transient'],
    [error(43), token, 'transient'],
    [error(40_324, "Unrecognized pipeline stage name: '$changeStreamSplitLargeEvent'"), token, 'no-split'],
    ['text', undefined, 'transient'],
  ] as const)('%o of a stream that began at %o is %s', (thrown, start, trouble) => {
    expect(streamErrorKind(thrown, start)).toBe(trouble)
  })
})

describe('a large change', () => {
  const part = (fragment: number, more: Partial<Change> = {}): Change => ({
    _id: { _data: String(fragment) },
    operationType: 'insert',
    splitEvent: { fragment, of: 3 },
    ...more,
  })

  it('is assembled from its parts, with the token of the last', () => {
    const joiner = new FragmentJoiner()
    const document = [new Uint8Array([1])] as const
    for (const round of [1, 2]) {
      expect(joiner.join(part(1)), `round ${round}`).toBeUndefined()
      expect(joiner.isPartial).toBe(true)
      expect(joiner.join(part(2, { document }))).toBeUndefined()
      expect(joiner.join(part(3))).toMatchObject({ _id: { _data: '3' }, operationType: 'insert', document })
      expect(joiner.isPartial).toBe(false)
    }
  })

  it('is refused when a part is missing', () => {
    const joiner = new FragmentJoiner()
    joiner.join(part(1))
    expect(() => joiner.join(part(3))).toThrow('part 3 of a large change came after 1')
  })
})

describe('a resume token', () => {
  it('has a time when MongoDB made it, and none otherwise', () => {
    const data = '8265B1A2C30000000A2B022C0100296E5A1004'
    expect(timeOfToken({ _data: data })).toEqual(new Timestamp({ t: 0x65_b1_a2_c3, i: 10 }))
    for (const token of [{ _data: '2f0000001073' }, {}, undefined, { _data: 7 }]) {
      expect(timeOfToken(token)).toBeUndefined()
    }
  })
})

describe('a stored document', () => {
  it('keeps its bytes in memory that it does not share', () => {
    const bytes = serialize({ a: 1 })
    const answer = new Uint8Array(1000)
    answer.set(bytes, 10)
    const document = storedDocument(answer.subarray(10, 10 + bytes.length))
    expect(Object.keys(document)).toEqual(['a'])
    expect(storedBytes(document)).toEqual(new Uint8Array(bytes))
    expect(storedBytes(document)!.buffer.byteLength).toBe(bytes.length)
    expect(storedBytes({ a: 1 })).toBeUndefined()
    expect(serialize(document)).toEqual(bytes)
  })
})
