import type { ObjectId } from 'mongodb'

/** Everything that can happen in the shop. The collection is append-only. */
export type ShopEvent = OrderPlaced | OrderCancelled

export type OrderPlaced = Happened<'order.placed'> & { customerId: string; cents: number }

export type OrderCancelled = Happened<'order.cancelled'> & { reason: string }

type Happened<Type extends string> = {
  _id: ObjectId
  type: Type
  orderId: string
  /** The server's clock. */
  at: Date
}
