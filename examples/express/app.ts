// Express 5 handles a handler that rejects.
/* oxlint-disable no-async-endpoint-handlers */
import { randomUUID } from 'node:crypto'
import express, { type Express } from 'express'
import { ObjectId, type Db } from 'mongodb'
import type { ShopEvent } from './events.ts'
import { revenueByDay } from './legacy-report.ts'

/** The shop as it was before. It does not use changeover. */
export function createApp(db: Db): Express {
  const events = db.collection<ShopEvent>('events')
  const app = express()
  app.use(express.json())

  app.post('/orders', async (request, response) => {
    const { customerId, cents } = (request.body ?? {}) as { customerId?: unknown; cents?: unknown }
    if (typeof customerId !== 'string' || !Number.isInteger(cents) || Number(cents) < 0) {
      response.status(400).json({ error: 'customerId (text) and cents (a whole number) are required' })
      return
    }
    const orderId = randomUUID()
    const at = new Date()
    await events.insertOne({ _id: new ObjectId(), type: 'order.placed', orderId, at, customerId, cents: Number(cents) })
    response.status(201).json({ orderId })
  })

  app.post('/orders/:orderId/cancel', async (request, response) => {
    const { orderId } = request.params
    const placed = await events.findOne({ type: 'order.placed', orderId })
    if (placed === null) {
      response.status(404).json({ error: 'there is no such order' })
      return
    }
    const reason = 'the customer changed their mind'
    await events.insertOne({ _id: new ObjectId(), type: 'order.cancelled', orderId, at: new Date(), reason })
    response.status(204).end()
  })

  app.get('/reports/revenue-by-day', async (_request, response) => {
    response.json(await revenueByDay(db))
  })

  return app
}
