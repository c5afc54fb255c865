import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { InMemStorageProvider, Strategy } from 'unleash-client'
import type { Unleash } from 'unleash-client'
import { destroyUnleash, unleashFlags } from '../../src/flags/index.ts'
import { halfOfUsers, offlineUnleash } from './offline.ts'

function unleashOf(...args: Parameters<typeof offlineUnleash>): Unleash {
  const unleash = offlineUnleash(...args)
  onTestFinished(() => destroyUnleash(unleash))
  return unleash
}

test('answers as the instance does, once it is synchronised', async () => {
  const flags = unleashFlags(unleashOf({ on: { enabled: true }, off: { enabled: false } }))
  expect(await flags.ready()).toBe(true)
  expect(flags.isReady).toBe(true)
  expect(['on', 'off', 'unknown', 'constructor'].map((name) => flags.isEnabled(name))).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('is off before that', async () => {
  const unleash = unleashOf({ on: { enabled: true } }, { disableAutoStart: true })
  const flags = unleashFlags(unleash)
  expect(flags.isReady).toBe(false)
  expect(flags.isEnabled('on')).toBe(false)
  const ready = flags.ready()
  await unleash.start()
  expect(await ready).toBe(true)
  expect(flags.isEnabled('on')).toBe(true)
})

test('is not ready before the instance answers from what it has', async () => {
  const unleash = unleashOf({ on: { enabled: true } }, { disableAutoStart: true })
  const answers: Promise<boolean>[] = []
  const flags = unleashFlags(unleash)
  // Here the instance already calls itself synchronised.
  void unleash.start().then(() => answers.push(flags.ready().then(() => flags.isEnabled('on'))))
  await once(unleash, 'synchronized')
  expect(await Promise.all(answers)).toEqual([true])
})

test('is off on the word of a backup file alone', async () => {
  const storageProvider = new InMemStorageProvider<never>()
  await storageProvider.set('test', { version: 2, features: [{ name: 'on', enabled: true, strategies: [] }] } as never)
  const unleash = unleashOf(undefined, { storageProvider })
  const flags = unleashFlags(unleash)
  await once(unleash, 'ready')
  expect(unleash.isEnabled('on')).toBe(true)
  expect(flags.isReady).toBe(false)
  expect(flags.isEnabled('on')).toBe(false)
})

test('waiting for the flags ends with the signal, and leaves no listener', async () => {
  const unleash = unleashOf(undefined)
  const listeners = unleash.listenerCount('synchronized')
  const flags = unleashFlags(unleash)
  const stop = new AbortController()
  const ready = flags.ready(stop.signal)
  stop.abort()
  expect(await ready).toBe(false)
  expect(await flags.ready(stop.signal)).toBe(false)
  expect(unleash.listenerCount('synchronized')).toBe(listeners)
})

test('a gradual rollout is decided by the user', async () => {
  const unleash = unleashOf({ half: { enabled: true, strategies: [halfOfUsers] } })
  const flags = unleashFlags(unleash)
  await flags.ready()
  const users = Array.from({ length: 400 }, (_, number) => `user-${number}`)
  const enabled = users.filter((userId) => flags.isEnabled('half', { userId }))
  expect(enabled.length).toBeGreaterThan(140)
  expect(enabled.length).toBeLessThan(260)
  expect(users.filter((userId) => flags.isEnabled('half', { userId }))).toEqual(enabled)
  expect(users.filter((userId) => unleash.isEnabled('half', { userId }))).toEqual(enabled)
})

test('session and properties reach the strategies', async () => {
  const seen: unknown[] = []
  class Special extends Strategy {
    override isEnabled(_parameters: unknown, context: unknown): boolean {
      return seen.push(context) > 0
    }
  }
  const unleash = unleashOf(
    { special: { enabled: true, strategies: [{ ...halfOfUsers, name: 'special' }] } },
    { strategies: [new Special('special')] },
  )
  const flags = unleashFlags(unleash)
  await flags.ready()
  const context = { sessionId: 's1', properties: { team: 'blue' } }
  expect(flags.isEnabled('special', context)).toBe(true)
  expect(seen).toMatchObject([context])
})

test('an instance that throws is off', async () => {
  const unleash = unleashOf({ on: { enabled: true } })
  const flags = unleashFlags(unleash)
  await flags.ready()
  unleash.isEnabled = () => {
    throw new Error('no')
  }
  expect(flags.isEnabled('on')).toBe(false)
})

test('tells of changes until told to stop, whatever the listener throws', async () => {
  const unleash = unleashOf({ on: { enabled: true } }, { disableAutoStart: true })
  const errors = vi.fn<(error: unknown) => void>()
  unleash.on('error', errors)
  const flags = unleashFlags(unleash)
  const readyAtCall: boolean[] = []
  const stop = flags.onChange?.(() => {
    readyAtCall.push(flags.isReady)
    throw new Error('mine')
  })
  const stopRejecting = flags.onChange?.(async () => await Promise.reject(new Error('mine too')))
  await unleash.start()
  await flags.ready()
  expect(readyAtCall.at(-1)).toBe(true)
  const calls = readyAtCall.length
  stop?.()
  stopRejecting?.()
  unleash.emit('changed', [])
  expect(readyAtCall).toHaveLength(calls)
  expect(errors).not.toHaveBeenCalled()
})

test("leaves the instance's own report of errors in place", () => {
  const unleash = unleashOf(undefined)
  unleashFlags(unleash).onChange?.(() => {})
  expect(unleash.listenerCount('error')).toBe(1)
})
