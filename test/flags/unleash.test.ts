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

test('returns the answers of the instance once it is synchronized', async () => {
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

test('is off until the instance is synchronized', async () => {
  const unleash = unleashOf({ on: { enabled: true } }, { disableAutoStart: true })
  const flags = unleashFlags(unleash)
  expect(flags.isReady).toBe(false)
  expect(flags.isEnabled('on')).toBe(false)
  const ready = flags.ready()
  await unleash.start()
  expect(await ready).toBe(true)
  expect(flags.isEnabled('on')).toBe(true)
})

test('is not ready before the instance returns its own answers', async () => {
  const unleash = unleashOf({ on: { enabled: true } }, { disableAutoStart: true })
  const answers: Promise<boolean>[] = []
  const flags = unleashFlags(unleash)
  // Here the instance already reports that it is synchronized.
  void unleash.start().then(() => answers.push(flags.ready().then(() => flags.isEnabled('on'))))
  await once(unleash, 'synchronized')
  expect(await Promise.all(answers)).toEqual([true])
})

test('is off while the flags come from a backup file only', async () => {
  const storageProvider = new InMemStorageProvider<never>()
  await storageProvider.set('test', { version: 2, features: [{ name: 'on', enabled: true, strategies: [] }] } as never)
  const unleash = unleashOf(undefined, { storageProvider })
  const flags = unleashFlags(unleash)
  await once(unleash, 'ready')
  expect(unleash.isEnabled('on')).toBe(true)
  expect(flags.isReady).toBe(false)
  expect(flags.isEnabled('on')).toBe(false)
})

test('stops waiting for the flags when the signal aborts, and leaves no listener', async () => {
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

test('decides a gradual rollout by the user', async () => {
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

test('passes session and properties to the strategies', async () => {
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

test('is off when the instance throws', async () => {
  const unleash = unleashOf({ on: { enabled: true } })
  const flags = unleashFlags(unleash)
  await flags.ready()
  unleash.isEnabled = () => {
    throw new Error('no')
  }
  expect(flags.isEnabled('on')).toBe(false)
})

test('calls a listener on every change until it is removed, whatever it throws', async () => {
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

test("leaves the instance's own reporting of errors in place", () => {
  const unleash = unleashOf(undefined)
  unleashFlags(unleash).onChange?.(() => {})
  expect(unleash.listenerCount('error')).toBe(1)
})
