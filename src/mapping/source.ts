import { ChangeoverError } from '../core/index.ts'

/** Where the events are, and where in an event its parts are, as dotted paths that MongoDB understands too. */
export interface Source<P extends string = string> {
  /** The database; by default the one that the connection address names. */
  readonly database?: string
  readonly collection: string
  /** The event's type. */
  readonly type: P
  /** The place of the event in the stream: an integer sequence or a Date. It decides which of two writes counts. */
  readonly order: P
  /** When the event was recorded, a Date. */
  readonly time: P
  /** The id of what the event is about. */
  readonly entity?: P
  /**
   * The only fields that are used, beside `_id` and those named above. Neither these three nor `hmacKey` changes what is stored; they
   * say what leaves the process of the observer, and what handlers and the quarantine see, live and migrated alike.
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
   * Personal fields: `'drop'` leaves one out, `'hmac'` puts a keyed hash (HMAC-SHA256, `hmac:` and 64 hex digits) in its place, by
   * which equal values stay equal.
   *
   * @defaultValue none
   */
  readonly personal?: { readonly [K in P]?: 'drop' | 'hmac' }
  /** The key of the hashes: the same wherever the migration is used, and not in the code. */
  readonly hmacKey?: string | undefined
}

/** Checks a source as it was written. Throws a ChangeoverError `DEFINITION`. */
export function checkSource(migration: string, source: Source): void {
  for (const part of ['collection', 'type', 'order', 'time'] as const) {
    if (typeof source[part] === 'string' && source[part] !== '') continue
    throw new ChangeoverError('DEFINITION', `The source of the migration ${migration} does not say its ${part}.`, {
      remedy: part === 'collection' ? 'Name the collection of the events.' : 'Name the field as a dotted path.',
    })
  }
  checkPrivacy(migration, source)
}

/** Refuses what no event could be dealt with after. */
function checkPrivacy(migration: string, source: Source): void {
  const guarded = [...(source.omit ?? []), ...Object.keys(source.personal ?? {})]
  const needed = ['_id', source.type, source.order, source.time]
  const clash = guarded.find((path) => needed.some((need) => need === path || need.startsWith(`${path}.`)))
  if (clash === undefined) return
  throw new ChangeoverError('DEFINITION', `The source of the migration ${migration} withholds ${clash}.`, {
    remedy: 'The _id, the type, the order and the time of an event are needed to place it; withhold other fields.',
  })
}
