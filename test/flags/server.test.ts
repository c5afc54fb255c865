import { describe, expect, test } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { unleashFlags, type Flags } from '../../src/flags/index.ts'
import { idsOf, moving, observing } from '../observer/observing.ts'
import { clientOf, cuttable, flagServer, freshFlag, POLL_MS, whyNone } from './server.ts'

/** One poll, the second for which the server itself caches its answer, and a margin for a busy machine. */
const ONE_POLL_MS = POLL_MS + 1_000 + 1_000

async function within(ms: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  await until(condition, { signal: AbortSignal.timeout(ms) })
}

const enabled = (flags: Flags, flag: string, users: readonly string[]): string[] =>
  users.filter((userId) => flags.isEnabled(flag, { userId }))

describe.skipIf(whyNone)(`a real Unleash${whyNone ? ` (${whyNone})` : ''}`, () => {
  test('starts and stops an observer within one poll, and leaves other environments alone', async () => {
    const server = flagServer()
    const flag = await freshFlag(server)
    const flags = {
      development: unleashFlags(clientOf(server.url, server.tokens.development)),
      production: unleashFlags(clientOf(server.url, server.tokens.production)),
    }
    expect(await Promise.all([flags.development.ready(), flags.production.ready()])).toEqual([true, true])
    const development = await observing({ flags: flags.development, flag })
    const production = await observing({ flags: flags.production, flag })

    const both = async (id: number): Promise<void> => {
      await development.events.insertOne(moving(id))
      await production.events.insertOne(moving(id))
    }
    await both(1)
    await server.admin.turn(flag, 'development', true)
    await within(ONE_POLL_MS, () => flags.development.isEnabled(flag))
    await both(2)
    await server.admin.turn(flag, 'development', false)
    await within(ONE_POLL_MS, () => !flags.development.isEnabled(flag))
    await both(3)
    await server.admin.turn(flag, 'production', true)
    await within(ONE_POLL_MS, () => flags.production.isEnabled(flag))
    await both(4)

    expect(idsOf(await development.sent())).toEqual([2])
    expect(idsOf(await production.sent())).toEqual([4])
    expect(development.observer.counters).toMatchObject({ published: 1, missed: { 'flag-off': 3 } })
    expect(production.observer.counters).toMatchObject({ published: 1, missed: { 'flag-off': 3 } })
  })

  test('sends or records every event when it is switched under load', async () => {
    const server = flagServer()
    const flag = await freshFlag(server)
    const flags = unleashFlags(clientOf(server.url, server.tokens.development))
    await flags.ready()
    const { events, observer, sent } = await observing({ flags, flag })
    const stop = new AbortController()
    let written = 0
    const load = (async () => {
      while (!stop.signal.aborted) await events.insertOne(moving(++written))
    })()
    await server.admin.turn(flag, 'development', true)
    await within(ONE_POLL_MS, () => observer.counters.captured > 0)
    await server.admin.turn(flag, 'development', false)
    await within(ONE_POLL_MS, () => !flags.isEnabled(flag))
    const atOff = observer.counters.captured
    await within(ONE_POLL_MS, () => written > observer.counters.captured + 10 && !flags.isEnabled(flag))
    stop.abort()
    await load

    // An insert that was under way when the flag went off was already asked for.
    expect(observer.counters.captured).toBeLessThanOrEqual(atOff + 1)
    expect(await sent()).toHaveLength(observer.counters.captured)
    expect(observer.counters.published + (observer.counters.missed['flag-off'] ?? 0)).toBe(written)
  })

  test('decides a gradual rollout by the user, the same in every process, and keeps its users as it grows', async () => {
    const server = flagServer()
    const flag = await freshFlag(server)
    const rollout = (percent: string) => ({
      name: 'flexibleRollout',
      parameters: { rollout: percent, stickiness: 'userId', groupId: flag },
    })
    await server.admin.addStrategy(flag, 'development', rollout('30'))
    await server.admin.turn(flag, 'development', true)
    const [one, other] = [0, 1].map(() => unleashFlags(clientOf(server.url, server.tokens.development)))
    const users = Array.from({ length: 1000 }, (_, number) => `user-${number}`)
    await within(ONE_POLL_MS, () => [one!, other!].every((flags) => enabled(flags, flag, users).length > 0))

    const third = enabled(one!, flag, users)
    expect(third.length).toBeGreaterThan(240)
    expect(third.length).toBeLessThan(360)
    expect(enabled(other!, flag, users)).toEqual(third)
    // Without a user, such a strategy leaves the flag off.
    expect(one!.isEnabled(flag)).toBe(false)

    await server.admin.addStrategy(flag, 'development', rollout('60'))
    await within(ONE_POLL_MS, () => enabled(one!, flag, users).length > third.length)
    expect(enabled(one!, flag, users)).toEqual(expect.arrayContaining(third))
  })

  test('matches constraints by user, session and properties', async () => {
    const server = flagServer()
    const flag = await freshFlag(server)
    const is = (contextName: string, ...values: string[]) => ({ contextName, operator: 'IN', values })
    await server.admin.addStrategy(flag, 'development', {
      name: 'default',
      constraints: [is('userId', 'u1', 'u2'), is('tenant', 'acme')],
    })
    await server.admin.addStrategy(flag, 'development', { name: 'default', constraints: [is('sessionId', 's1')] })
    await server.admin.turn(flag, 'development', true)
    const flags = unleashFlags(clientOf(server.url, server.tokens.development))
    await within(ONE_POLL_MS, () => flags.isEnabled(flag, { sessionId: 's1' }))

    const acme = { properties: { tenant: 'acme' } }
    expect(flags.isEnabled(flag, { userId: 'u1', ...acme })).toBe(true)
    expect(flags.isEnabled(flag, { userId: 'u3', ...acme })).toBe(false)
    expect(flags.isEnabled(flag, { userId: 'u1', properties: { tenant: 'other' } })).toBe(false)
    expect(flags.isEnabled(flag, { userId: 'u1' })).toBe(false)
    expect(flags.isEnabled(flag, { sessionId: 's1' })).toBe(true)
    expect(flags.isEnabled(flag)).toBe(false)
  })

  test('keeps the last answer while the server is down, and takes the new one when it is back', async () => {
    const server = flagServer()
    const flag = await freshFlag(server)
    await server.admin.turn(flag, 'development', true)
    const line = await cuttable(server.url)
    const unleash = clientOf(line.url, server.tokens.development, { timeout: 2_000 })
    let failures = 0
    unleash.on('error', () => failures++)
    unleash.on('warn', () => failures++)
    const flags = unleashFlags(unleash)
    await within(ONE_POLL_MS, () => flags.isEnabled(flag))
    const { events, observer, sent } = await observing({ flags, flag })

    await events.insertOne(moving(1))
    line.cut()
    await within(20_000, () => failures >= 2)
    await server.admin.turn(flag, 'development', false)
    await events.insertOne(moving(2))
    expect(flags.isReady).toBe(true)
    expect(idsOf(await sent())).toEqual([1, 2])
    expect(observer.counters.missed).toEqual({})

    line.mend()
    // After failures unleash-client asks less often.
    await within(20_000, () => !flags.isEnabled(flag))
    await events.insertOne(moving(3))
    expect(observer.counters).toMatchObject({ published: 2, missed: { 'flag-off': 1 } })
  })

  test('is off with a wrong token, and records the events without an error in the host', async () => {
    const server = flagServer()
    const flag = await freshFlag(server)
    await server.admin.turn(flag, 'development', true)
    const unleash = clientOf(server.url, 'default:development.wrong')
    const refused = new Promise((resolve) => unleash.once('error', resolve))
    const flags = unleashFlags(unleash)
    const { events, observer, sent } = await observing({ flags, flag })

    expect(String(await refused)).toMatch(/401|token|authoriz/i)
    expect(await flags.ready(AbortSignal.timeout(100))).toBe(false)
    await events.insertMany([moving(1), moving(2)])
    expect(await events.countDocuments()).toBe(2)
    expect(await sent()).toEqual([])
    expect(observer.counters).toMatchObject({ captured: 0, missed: { 'not-ready': 2 } })
  })

  test('is off until the first answer, and records what is written before', async () => {
    const server = flagServer()
    const flag = await freshFlag(server)
    await server.admin.turn(flag, 'development', true)
    const flags = unleashFlags(clientOf(server.url, server.tokens.development, { disableAutoStart: true }))
    const { events, observer, sent } = await observing({ flags, flag })
    await events.insertOne(moving(1))
    expect(flags.isReady).toBe(false)
    expect(await sent()).toEqual([])
    expect(observer.counters).toMatchObject({ missed: { 'not-ready': 1 } })
  })
})
