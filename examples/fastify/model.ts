import { Schema, type Connection } from 'mongoose'
import type { CourierEvent } from './events.ts'

/** A document of the model, before its type is known. */
export interface StoredEvent {
  type: CourierEvent['type']
  courier: { id: string }
  at: Date
  payload: { name?: string; zone?: string }
}

const schema = new Schema<StoredEvent>(
  {
    // Mongoose requires this form for a field named `type`.
    type: { type: String, required: true, enum: ['courier.joined', 'courier.moved', 'courier.left'] },
    courier: { id: { type: String, required: true } },
    at: { type: Date, default: () => new Date() },
    payload: { type: Schema.Types.Mixed, default: () => ({}) },
  },
  { collection: 'events', versionKey: false, minimize: false },
)

export type EventModel = ReturnType<typeof eventModel>

/** The Mongoose model of the events. */
export function eventModel(connection: Connection) {
  return connection.model('Event', schema)
}
