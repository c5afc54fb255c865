import { column as c, defineMigration, dimension } from 'changeover'
import type { ShopEvent } from './events.ts'

export const order = dimension('order', {
  key: { order_id: c.varchar(36) },
  columns: {
    customer_id: c.varchar(36),
    cents: c.int(),
    placed_at: c.datetime().first(),
    cancelled_at: c.datetime().max().nullable(),
  },
})

export const shop = defineMigration<ShopEvent>()({
  name: 'shop',
  source: { collection: 'events', type: 'type', order: 'at', time: 'at', entity: 'orderId' },
  tables: { order },
  on: {
    'order.placed': (e) =>
      order.create({ order_id: e.orderId }, { customer_id: e.customerId, cents: e.cents, placed_at: e.at }),
    'order.cancelled': (e) => order.edit({ order_id: e.orderId }, { cancelled_at: e.at }),
  },
})
