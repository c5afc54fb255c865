import type { Db } from 'mongodb'
import type { ShopEvent } from './events.ts'

export type DayRow = { day: Date; orders: number; cents: number }

/** Orders and their revenue by the day on which they were placed, in UTC, without cancelled ones. Reads all events each time. */
export async function revenueByDay(db: Db): Promise<DayRow[]> {
  const orders = new Map<string, { day: string; cents: number }>()
  for await (const event of db.collection<ShopEvent>('events').find().sort({ at: 1, _id: 1 })) {
    if (event.type === 'order.cancelled') orders.delete(event.orderId)
    else orders.set(event.orderId, { day: event.at.toISOString().slice(0, 10), cents: event.cents })
  }
  const days = new Map<string, DayRow>()
  for (const { day, cents } of orders.values()) {
    const row = days.get(day) ?? { day: new Date(day), orders: 0, cents: 0 }
    days.set(day, { ...row, orders: row.orders + 1, cents: row.cents + cents })
  }
  return [...days.values()].toSorted((a, b) => a.day.getTime() - b.day.getTime())
}
