import { Schema, type Connection } from 'mongoose'
import type { CourierEvent } from './events.ts'

/** What the model's documents hold, before their type is known. */
export interface StoredEvent {
  type: CourierEvent['type']
  courier: { id: string }
  at: Date
  payload: { name?: string; zone?: string }
}

const schema = new Schema<StoredEvent>(
  {
    // A field that is called `type` has to be said this way.
    type: { type: String, required: true, enum: ['courier.joined', 'courier.moved', 'courier.left'] },
    courier: { id: { type: String, required: true } },
    at: { type: Date, default: () => new Date() },
    payload: { type: Schema.Types.Mixed, default: () => ({}) },
  },
  { collection: 'events', versionKey: false, minimize: false },
)

export type EventModel = ReturnType<typeof eventModel>

/** The events, by Mongoose. */
export function eventModel(connection: Connection) {
  return connection.model('Event', schema)
}
