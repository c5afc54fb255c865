import { column as c, defineMigration, dimension, fact } from 'changeover'
import type { CourierEvent } from './events.ts'

export const courier = dimension('courier', {
  key: { courier_id: c.varchar(36) },
  columns: { name: c.varchar(100).pii(), zone: c.varchar(40) },
})

export const move = fact('move', {
  key: { event_id: c.objectId() },
  dimensions: { courier, day: c.date() },
  measures: { zone: c.varchar(40) },
})

export const couriers = defineMigration<CourierEvent>()({
  name: 'couriers',
  source: { collection: 'events', type: 'type', order: 'at', time: 'at', entity: 'courier.id' },
  tables: { courier, move },
  on: {
    'courier.joined': (e) => courier.create({ courier_id: e.courier.id }, { name: e.payload.name, zone: 'depot' }),
    'courier.moved': (e) => [
      courier.edit({ courier_id: e.courier.id }, { zone: e.payload.zone }),
      move.create({ event_id: e._id }, { courier_id: e.courier.id, day: e.at, zone: e.payload.zone }),
    ],
    'courier.left': (e) => courier.delete({ courier_id: e.courier.id }),
  },
})
