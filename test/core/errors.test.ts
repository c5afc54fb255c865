import { describe, expect, it } from 'vitest'
import { ChangeoverError, codeOf, messageAndRemedyOf, messageOf } from '../../src/core/errors.ts'

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
