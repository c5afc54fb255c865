import { MongoClient } from 'mongodb'
import { describe, expect, test } from 'vitest'
import couriersConfig from '../../examples/fastify/changeover.config.ts'
import { couriers } from '../../examples/fastify/migration.ts'
import { start as startCouriers } from '../../examples/fastify/start.ts'
import shopConfig from '../../examples/express/changeover.config.ts'
import { shop } from '../../examples/express/migration.ts'
import { start as startShop } from '../../examples/express/start.ts'
import { fixedFlags } from '../../src/flags/index.ts'
import { migrate } from '../../src/migrate/index.ts'
import { mongoEvents } from '../../src/stream/index.ts'
import type { Observer } from '../../src/observer/index.ts'
import { reconcile } from '../../src/reconcile/index.ts'
import { eventsIn } from '../observer/observing.ts'
import { adopting, call, downQueue, runMain } from './adopting.ts'

/** Serves some customers, who each cancel a few orders. Returns the number of events. */
async function useShop(url: string): Promise<number> {
  const orders: string[] = []
  for (let i = 0; i < 12; i++) {
    const body = { customerId: `c${i % 3}`, cents: 100 + i }
    orders.push((await call<{ orderId: string }>(`${url}/orders`, 'POST', body, 201)).orderId)
  }
  for (const order of orders.slice(0, 4)) await call(`${url}/orders/${order}/cancel`, 'POST', undefined, 204)
  await call(`${url}/orders`, 'POST', { customerId: 'c1', cents: 'many' }, 400)
  await call(`${url}/orders/nobody/cancel`, 'POST', undefined, 404)
  return 16
}

async function useCouriers(url: string): Promise<number> {
  const ids: string[] = []
  for (const name of ['Ada', 'Grace', 'Edsger']) {
    ids.push((await call<{ id: string }>(`${url}/couriers`, 'POST', { name }, 201)).id)
  }
  for (const [i, zone] of ['north', 'south', 'north', 'east', 'south', 'north'].entries()) {
    await call(`${url}/couriers/${ids[i % 2]}/moves`, 'POST', { zone }, 204)
  }
  await call(`${url}/couriers/${ids[1]}`, 'DELETE', undefined, 204)
  await call(`${url}/couriers`, 'POST', {}, 400)
  return 10
}

const APPS = [
  {
    name: 'express',
    migration: shop,
    reports: shopConfig.reports,
    start: startShop,
    use: useShop,
    report: 'revenue-by-day',
    rows: [expect.objectContaining({ orders: 8, cents: 8 * 100 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 })],
  },
  {
    name: 'fastify',
    migration: couriers,
    reports: couriersConfig.reports,
    start: startCouriers,
    use: useCouriers,
    report: 'couriers-by-zone',
    rows: [
      { zone: 'depot', couriers: 1, moves: 0 },
      { zone: 'east', couriers: 0, moves: 1 },
      { zone: 'north', couriers: 0, moves: 3 },
      { zone: 'south', couriers: 1, moves: 2 },
    ],
  },
] as const

describe.each(APPS)('the example on $name', ({ name, migration, reports, start, use, report, rows }) => {
  const flag = `changeover.${migration.name}.write`

  test('serves its requests, and its events lead to the same report in the warehouse', async () => {
    const target = await adopting(migration)
    const app = await start({ mongoUrl: target.mongo.url, queue: target.queue, flags: fixedFlags({ [flag]: true }) })
    const events = await use(app.url)
    const served = await call<object[]>(`${app.url}/reports/${report}`, 'GET', undefined, 200)
    await app.close()
    expect(app.observer.counters).toMatchObject({ captured: events, published: events, missed: {} })
    expect(served).toEqual(rows)

    await target.arrived(events)
    const { client } = target.mongo
    const results = await reconcile(reports, { mongo: client.db(), warehouse: target.warehouse })
    expect(results.map(({ verdict, error }) => error ?? verdict)).toEqual(['agree'])
    expect(results[0]?.rows).toMatchObject(
      served.map((row) => ({ ...row, ...('day' in row && { day: expect.anything() }) })),
    )
  })

  test('serves its requests when the queue is down, and the migration applies what was not sent', async () => {
    const target = await adopting(migration)
    const app = await start({ mongoUrl: target.mongo.url, queue: downQueue(), flags: fixedFlags({ [flag]: true }) })
    const events = await use(app.url)
    expect(await call(`${app.url}/reports/${report}`, 'GET', undefined, 200)).toEqual(rows)
    expect(app.observer.counters).toMatchObject({ captured: events, published: 0 })
    await app.close()
    expect(sum(app.observer)).toBe(events)

    const { warehouse } = target
    const mongo = target.mongo.client.db()
    await migrate(migration, { source: mongoEvents(mongo, migration), warehouse })
    const results = await reconcile(reports, { mongo, warehouse })
    expect(results.map(({ verdict, error }) => error ?? verdict)).toEqual(['agree'])
  })

  test('serves its requests with the flag off, and sends nothing', async () => {
    const target = await adopting(migration)
    const app = await start({ mongoUrl: target.mongo.url, queue: target.queue, flags: fixedFlags() })
    const events = await use(app.url)
    await app.close()
    expect(app.observer.counters).toMatchObject({ captured: 0, published: 0, missed: { 'flag-off': events } })
    expect(await eventsIn(target.queue)).toEqual([])
  })

  test('as a program, sends what it captured when SIGTERM stops it', async () => {
    const target = await adopting(migration)
    const app = await runMain(`examples/${name}/main.ts`, target)
    const events = await use(app.url)
    expect(await app.terminate()).toEqual({ code: 0, stderr: '' })
    expect(await eventsIn(target.queue)).toHaveLength(events)
  })
})

test('Mongoose uses the same mongodb package as the tests', async () => {
  const target = await adopting(couriers)
  const app = await startCouriers({ mongoUrl: target.mongo.url, queue: target.queue, flags: fixedFlags() })
  const { default: mongoose } = await import('mongoose')
  await app.close()
  expect(mongoose.mongo.MongoClient).toBe(MongoClient)
})

function sum({ counters }: Observer): number {
  return Object.values(counters.missed).reduce((total, events) => total + events, 0)
}
