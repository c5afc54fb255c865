import { describe, expect, it } from 'vitest'
import { driverErrors, type DriverErrorTable } from '../../src/core/driver-errors.ts'
import { ChangeoverError, propertyOf } from '../../src/core/errors.ts'
import { HOSTILE } from './hostile.ts'

type Kind = 'denied' | 'away' | 'other'

const table: DriverErrorTable<Kind> = {
  kinds: { 1045: 'denied', ECONNREFUSED: 'away' },
  otherwise: () => 'other',
  translations: {
    denied: { code: 'DENIED', sentence: (place) => `${place} refused the user.`, remedy: 'Check the password.' },
    away: { code: 'UNREACHABLE', sentence: (place, said) => `${place} cannot be reached (${said}).` },
    other: { code: 'UNEXPECTED', sentence: (place, said) => `${place} failed: ${said}` },
  },
}
const failing = (code: unknown): Error => Object.assign(new Error('as the driver says'), { code })

describe('the kind of an error', () => {
  const errors = driverErrors(table)

  it.each([
    [1045, 'denied'],
    ['ECONNREFUSED', 'away'],
    ['1045', 'denied'],
    ['ENOENT', 'other'],
    [undefined, 'other'],
    [{}, 'other'],
    ['constructor', 'other'],
    ['__proto__', 'other'],
  ])('with the code %s is %s', (code, kind) => {
    expect(errors.kindOf(failing(code))).toBe(kind)
  })

  it('is that of the first of its codes that the table lists', () => {
    const listed = driverErrors({
      ...table,
      codesOf: (thrown) => [undefined, propertyOf(thrown, 'code') as string, propertyOf(thrown, 'errno') as number],
    })
    expect(listed.kindOf(Object.assign(failing('ER_NEW'), { errno: 1045 }))).toBe('denied')
  })

  it('is decided by the adapter when the table does not list it', () => {
    const deciding = driverErrors({ ...table, otherwise: (thrown) => (thrown instanceof TypeError ? 'other' : 'away') })
    expect([deciding.kindOf(new TypeError()), deciding.kindOf(new Error())]).toEqual(['other', 'away'])
  })
})

describe('the translation of an error', () => {
  it('has the code, the sentence and the remedy of its kind, and the error as its cause', () => {
    const cause = failing(1045)
    const translated = driverErrors(table).translate(cause, 'mysql://root@db.example')
    expect(translated).toBeInstanceOf(ChangeoverError)
    expect(translated).toMatchObject({
      code: 'DENIED',
      message: 'mysql://root@db.example refused the user.',
      remedy: 'Check the password.',
      cause,
    })
  })

  it('may have no remedy', () => {
    expect(driverErrors(table).translate(failing('ECONNREFUSED'), 'the queue').remedy).toBeUndefined()
  })

  it('repeats the message of the driver, cut at 300 characters', () => {
    const { message } = driverErrors(table).translate(new Error('x'.repeat(1_000)), 'the queue')
    expect(message).toBe(`the queue failed: ${'x'.repeat(299)}…`)
  })

  it('repeats only what the adapter lets it', () => {
    const errors = driverErrors({ ...table, say: () => 'error 13' })
    expect(errors.say(new Error('hush'))).toBe('error 13')
    expect(errors.translate(new Error('hush'), 'the queue').message).toBe('the queue failed: error 13')
  })

  it('has no cause when that would quote a secret', () => {
    const errors = driverErrors({ ...table, isSecret: (thrown) => propertyOf(thrown, 'code') === 1045 })
    expect(errors.translate(failing(1045), 'the server')).not.toHaveProperty('cause')
    expect(errors.translate(failing('ECONNREFUSED'), 'the server')).toHaveProperty('cause')
  })

  it('is the error itself when that is a ChangeoverError', () => {
    const own = new ChangeoverError('SCHEMA', 'There is no table.')
    expect(driverErrors(table).translate(own, 'the server')).toBe(own)
  })

  it.each(HOSTILE)('never throws, whatever was thrown: %s', (_, thrown) => {
    expect(driverErrors(table).translate(thrown(), 'the server')).toMatchObject({ code: 'UNEXPECTED' })
  })
})
