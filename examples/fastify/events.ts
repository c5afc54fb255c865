import type { Types } from 'mongoose'

/** Everything that can happen to a courier. The collection is append-only. */
export type CourierEvent =
  | Happened<'courier.joined', { name: string }>
  | Happened<'courier.moved', { zone: string }>
  | Happened<'courier.left', Record<string, never>>

type Happened<Type extends string, Payload> = {
  _id: Types.ObjectId
  type: Type
  courier: { id: string }
  /** The server's clock. */
  at: Date
  payload: Payload
}
