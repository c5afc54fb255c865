import { describe, expect, it } from 'vitest'
import { ChangeoverError, codeOf, messageAndRemedyOf, messageOf, propertyOf } from '../../src/core/errors.ts'
import { HOSTILE } from './hostile.ts'

describe('messageOf', () => {
  it.each([
    [new Error('two\n  lines\t'), 'two lines'],
    [new TypeError(''), 'TypeError'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ a: 1 }, '[object Object]'],
    [new ChangeoverError('CONFIG', 'wrong'), 'wrong'],
  ])('is one line, whatever was thrown: %j', (thrown, line) => {
    expect(messageOf(thrown)).toBe(line)
  })

  it('is cut at its limit', () => {
    expect(messageOf(new Error('x'.repeat(600)))).toHaveLength(500)
    expect(messageOf('abcdef', 4)).toBe('abc…')
  })

  it('is cut between characters, never within one', () => {
    expect(messageOf('ab😀cd', 4)).toBe('ab…')
    expect(messageOf('ab😀cd', 5)).toBe('ab😀…')
  })

  it('reads only the start of a huge text', () => {
    const start = performance.now()
    expect(messageOf(new Error(`a  ${'b '.repeat(2 ** 27)}`), 6)).toBe('a b b…')
    expect(performance.now() - start).toBeLessThan(1_000)
  })

  it.each(HOSTILE)('never throws: %s', (_, thrown) => {
    expect(messageOf(thrown())).toEqual(expect.any(String))
  })

  it('reports that the message cannot be read', () => {
    expect(messageOf(Object.create(null))).toBe('an error that has no readable message')
    expect(messageOf(Symbol('sign'))).toBe('Symbol(sign)')
  })
})

describe('a property of a thrown value', () => {
  it.each(HOSTILE)('never throws: %s', (_, thrown) => {
    expect(codeOf(thrown())).toBeUndefined()
    expect(propertyOf(thrown(), 'absent')).toBeUndefined()
    expect(thrown() instanceof ChangeoverError).toBe(false)
  })

  it('may be inherited', () => {
    class Refused extends Error {
      get reason(): string {
        return 'rights'
      }
    }
    expect(propertyOf(new Refused(), 'reason')).toBe('rights')
  })
})

it.each([
  [{ code: 'ECONNREFUSED' }, 'ECONNREFUSED'],
  [{ code: 13 }, 13],
  [{ code: {} }, undefined],
  [null, undefined],
  ['ECONNREFUSED', undefined],
])('the code of %j is %j', (thrown, code) => {
  expect(codeOf(thrown)).toBe(code)
})

describe('messageAndRemedyOf', () => {
  it('puts the remedy after the message, when there is one', () => {
    expect(messageAndRemedyOf(new ChangeoverError('CONFIG', 'No key.', { remedy: 'Set one.' }))).toBe(
      'No key. Set one.',
    )
    expect(messageAndRemedyOf(new ChangeoverError('CONFIG', 'No key.'))).toBe('No key.')
    expect(messageAndRemedyOf(new Error('abcdef'), 4)).toBe('abc…')
  })
})
