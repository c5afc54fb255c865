import type { UnknownTypes } from '../mapping/index.ts'
import { count, quantity } from './quantity.ts'

const TYPES_SHOWN = 5

/** The event types that a mapping does not know, as one line; no line when it knows them all. */
export function unknownTypesLines({ unmapped, unknownTypes }: UnknownTypes): string[] {
  if (unmapped === 0) return []
  const shown = unknownTypes.slice(0, TYPES_SHOWN)
  const named = shown.map(
    ({ type, events }) => `${type === null ? 'no type' : JSON.stringify(type)} (${count(events)})`,
  )
  const more = unknownTypes.length > shown.length ? ', …' : ''
  const what = quantity(unmapped, 'event is of a type', 'events are of types')
  return [
    `  ${what} that the mapping does not know: ${named.join(', ')}${more}. Write a handler for each, or map it to 'ignore'.`,
  ]
}
