import type { TypeError } from '../star/index.ts'

/** The dotted paths into an event type, four levels deep: `'entity.id'`. */
export type Path<E, Depth extends readonly unknown[] = []> = Depth['length'] extends 4
  ? never
  : E extends Leaf
    ? never
    : E extends unknown
      ? { [K in keyof E & string]: K | `${K}.${Path<NonNullable<E[K]>, [...Depth, unknown]>}` }[keyof E & string]
      : never

/** Values that no path goes into. */
type Leaf =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | Uint8Array
  | readonly unknown[]
  | { readonly _bsontype: string }

/** The type at a path. */
export type ValueAt<E, P extends string> = E extends unknown
  ? P extends `${infer Head}.${infer Rest}`
    ? Head extends keyof E
      ? ValueAt<E[Head], Rest>
      : never
    : P extends keyof E
      ? E[P]
      : never
  : never

/** The paths whose value can be a position in the stream, and for any other path a type whose sentence says why not. */
export type OrderPath<E> = OrElse<
  PathTo<E, number | bigint | Date | { readonly _bsontype: 'Long' | 'Int32' | 'Double' }>,
  'order is the path of an integer or a Date'
>

/** The paths whose value can be the time of an event, and for any other path a type whose sentence says why not. */
export type TimePath<E> = OrElse<PathTo<E, Date>, 'time is the path of a Date'>

// Conditional, so that the compiler prints the paths and the sentence and not this type.
type OrElse<P, Sentence extends string> = [P] extends [infer Known extends string]
  ? Known | (string & TypeError<Sentence>)
  : string & TypeError<Sentence>

/** The paths whose value is a `Value`, or may be one: that of an event without a type may be anything. */
type PathTo<E, Value, P = Path<E>> = P extends string
  ? unknown extends ValueAt<E, P>
    ? P
    : [NonNullable<ValueAt<E, P>>] extends [Value]
      ? P
      : never
  : never

/** A function that reads one dotted path: own properties only, undefined where a part is missing. */
export function reader(path: string): (event: unknown) => unknown {
  const names = path.split('.')
  return (event) => {
    let value: unknown = event
    for (const name of names) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
      value = (value as Record<string, unknown>)[name]
    }
    return value
  }
}
