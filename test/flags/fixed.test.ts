import { expect, test, vi } from 'vitest'
import { fixedFlags } from '../../src/flags/index.ts'

test('returns the flags that were set, and is ready at once', async () => {
  const flags = fixedFlags({ on: true, off: false })
  expect(flags.isReady).toBe(true)
  expect(await flags.ready()).toBe(true)
  expect(['on', 'off', 'unknown', 'constructor'].map((name) => flags.isEnabled(name))).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('decides by the context, and is off when the decision throws', () => {
  const flags = fixedFlags({
    some: ({ userId }) => userId === 'u1',
    broken: () => {
      throw new Error('no')
    },
  })
  expect(flags.isEnabled('some', { userId: 'u1' })).toBe(true)
  expect(flags.isEnabled('some')).toBe(false)
  expect(flags.isEnabled('broken')).toBe(false)
})

test('calls a listener on every change until it is removed', () => {
  const flags = fixedFlags()
  const listener = vi.fn<() => void>(() => {
    throw new Error('mine')
  })
  const stop = flags.onChange(listener)
  flags.set('on', true)
  expect(flags.isEnabled('on')).toBe(true)
  stop()
  flags.set('on', false)
  expect(flags.isEnabled('on')).toBe(false)
  expect(listener).toHaveBeenCalledOnce()
})
