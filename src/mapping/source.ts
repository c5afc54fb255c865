import { ChangeoverError } from '../core/index.ts'

/** Where the events are stored, and where in an event its parts are. Fields are dotted paths, as MongoDB writes them. */
export interface Source<P extends string = string, Order extends string = P, Time extends string = P> {
  /**
   * The database.
   *
   * @defaultValue the one that the connection address names
   */
  readonly database?: string
  readonly collection: string
  /** The event's type. */
  readonly type: P
  /** The position of the event in the stream: an integer sequence or a Date. Of two writes, the one with the later position counts. */
  readonly order: Order
  /** When the event was recorded, a Date. */
  readonly time: Time
  /** The id of what the event is about. */
  readonly entity?: P
  /**
   * The only fields that are used, in addition to `_id` and those named above. `select`, `omit`, `personal` and `hmacKey` do not change
   * what is stored. They decide what leaves the process of the observer, and what handlers and the quarantine see, for live and
   * migrated events alike.
   *
   * @defaultValue all
   */
  readonly select?: readonly P[]
  /**
   * Fields that are left out.
   *
   * @defaultValue none
   */
  readonly omit?: readonly P[]
  /**
   * Personal fields: `'drop'` leaves a field out, `'hmac'` replaces it by a keyed hash (HMAC-SHA256, written as `hmac:` and 64 hex
   * digits), so that equal values stay equal.
   *
   * @defaultValue none
   */
  readonly personal?: { readonly [K in P]?: 'drop' | 'hmac' }
  /** The key of the hashes: the same wherever the migration is used. Keep it out of the code. */
  readonly hmacKey?: string | undefined
}

/** Checks a source as it was written. Throws a ChangeoverError `DEFINITION`. */
export function checkSource(migration: string, source: Source): void {
  for (const part of ['collection', 'type', 'order', 'time'] as const) {
    if (typeof source[part] === 'string' && source[part] !== '') continue
    throw new ChangeoverError('DEFINITION', `The source of the migration ${migration} has no ${part}.`, {
      remedy: part === 'collection' ? 'Name the collection of the events.' : 'Name the field as a dotted path.',
    })
  }
  checkPrivacy(migration, source)
}

/** Refuses a source that withholds a field that every event needs. */
function checkPrivacy(migration: string, source: Source): void {
  const guarded = [...(source.omit ?? []), ...Object.keys(source.personal ?? {})]
  const needed = ['_id', source.type, source.order, source.time]
  const clash = guarded.find((path) => needed.some((need) => need === path || need.startsWith(`${path}.`)))
  if (clash === undefined) return
  throw new ChangeoverError('DEFINITION', `The source of the migration ${migration} withholds ${clash}.`, {
    remedy: 'Withhold other fields: every event needs its _id, type, order and time.',
  })
}
