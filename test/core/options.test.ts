import { describe, expect, it } from 'vitest'
import { ChangeoverError } from '../../src/core/errors.ts'
import { checkOptions, type OptionNames } from '../../src/core/options.ts'

const check = checkOptions('createSink')

/** The error of a check, as code, message and remedy. */
function refusal(work: () => unknown): readonly (string | undefined)[] {
  try {
    work()
  } catch (thrown) {
    if (thrown instanceof ChangeoverError) return [thrown.code, thrown.message, thrown.remedy]
    throw thrown
  }
  return expect.unreachable('it was accepted')
}

describe('whole', () => {
  it.each([1, 5, 10])('returns %d when it is in the range, ends included', (value) => {
    expect(check.whole('batchMessages', value, { min: 1, max: 10 })).toBe(value)
  })

  it('accepts any safe integer from the least on when there is no greatest', () => {
    expect(check.whole('bytes', Number.MAX_SAFE_INTEGER, { min: 0 })).toBe(Number.MAX_SAFE_INTEGER)
  })

  it.each([
    [0, 'is 0'],
    [11, 'is 11'],
    [1.5, 'is 1.5'],
    [Number.NaN, 'is NaN'],
    [Number.POSITIVE_INFINITY, 'is Infinity'],
    ['5', 'is of type string'],
    [null, 'is null'],
    [undefined, 'is undefined'],
    [5n, 'is of type bigint'],
  ])('refuses %s, and names the option, its owner and the range', (value, is) => {
    expect(refusal(() => check.whole('batchMessages', value as number, { min: 1, max: 10 }))).toEqual([
      'CONFIG',
      `The option batchMessages of createSink ${is}.`,
      'Use a whole number from 1 to 10.',
    ])
  })

  it('refuses integers that are not exact', () => {
    const [code, , remedy] = refusal(() => check.whole('bytes', 2 ** 53, { min: 0 }))
    expect([code, remedy]).toEqual(['CONFIG', 'Use a whole number from 0.'])
  })
})

describe('milliseconds', () => {
  it.each([0, 2 ** 31 - 1])('gives back %d, which a timer can wait', (value) => {
    expect(check.milliseconds('graceMs', value, { min: 0 })).toBe(value)
  })

  it('refuses more than a timer can wait', () => {
    expect(refusal(() => check.milliseconds('graceMs', 2 ** 31, { min: 1 }))).toEqual([
      'CONFIG',
      'The option graceMs of createSink is 2147483648.',
      'Use a whole number from 1 to 2147483647.',
    ])
  })
})

describe('all', () => {
  it('gives back an object', () => {
    const options = { a: 1 }
    expect(check.all(options, { a: true })).toBe(options)
  })

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['options', 'of type string'],
  ])('refuses %j', (options, is) => {
    expect(refusal(() => check.all(options as never, {}))).toEqual([
      'CONFIG',
      `The options of createSink are ${is}.`,
      'Pass an object with the options.',
    ])
  })
})

describe('the name of an option', () => {
  interface Options {
    readonly batchMessages?: number
    readonly graceMs?: number
    readonly queue?: object
  }
  const known: OptionNames<Options> = { batchMessages: 30, graceMs: 1, queue: undefined }
  const given = (options: object, within?: string) => refusal(() => check.all<Options>(options, known, within))

  it.each([
    ['batchMesages', 'batchMessages'],
    ['batch_messages', 'batchMessages'],
    ['batchmessages', 'batchMessages'],
    ['graceMS', 'graceMs'],
    ['gracems', 'graceMs'],
    ['queu', 'queue'],
  ])('is refused when it is misspelt, with the nearest known name: %s', (name, meant) => {
    expect(given({ graceMs: 1, [name]: 2 })).toEqual([
      'CONFIG',
      `The option ${name} of createSink does not exist.`,
      `Write ${meant}.`,
    ])
  })

  it('is given with the option that it is part of', () => {
    expect(given({ graceM: 1 }, 'limits')).toEqual([
      'CONFIG',
      'The option limits.graceM of createSink does not exist.',
      'Write limits.graceMs.',
    ])
  })

  it.each<object>([{}, { graceMs: undefined }, { client: 1, mongoUrl: 2, constructor: 3 }])(
    'is accepted when it is known, or resembles no known one: %j',
    (options) => {
      expect(check.all<Options>(options, known)).toBe(options)
    },
  )

  it('cannot be forgotten among the known ones', () => {
    // @ts-expect-error One is missing.
    const forgotten: OptionNames<Options> = { batchMessages: true, graceMs: true }
    expect(Object.keys(forgotten)).not.toContain('queue')
  })
})

describe('port', () => {
  interface Port {
    send(): void
    close(): void
  }

  it('returns an object that has the methods, own or inherited', () => {
    class Queue implements Port {
      send(): void {}
      close(): void {}
    }
    const queue = new Queue()
    expect(check.port<Port>('queue', queue, ['send', 'close'])).toBe(queue)
  })

  it.each([
    [undefined, 'missing'],
    [null, 'missing'],
    ['https://queue.example', 'of type string'],
  ])('refuses %s, and names the required methods', (value, is) => {
    expect(refusal(() => check.port<Port>('queue', value as unknown as Port, ['send', 'close']))).toEqual([
      'CONFIG',
      `The option queue of createSink is ${is}.`,
      'Pass an object with send(), close().',
    ])
  })

  it('refuses an object without one of the methods, and names that method', () => {
    const queue = { send() {}, close: true }
    const [code, message] = refusal(() => check.port<Port>('queue', queue as unknown as Port, ['send', 'close']))
    expect([code, message]).toEqual(['CONFIG', 'The option queue of createSink has no method close().'])
  })
})
