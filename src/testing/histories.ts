import { EJSON } from 'bson'
import { ChangeoverError } from '../core/index.ts'
import type { Arbitrary, FastCheck } from './fast-check.ts'

/** Events as the user gives them: a list, of which parts are taken, or an arbitrary of fast-check that makes histories. */
export type GivenEvents<E> = readonly E[] | Arbitrary<readonly E[]>

/** Histories of at least one event. Throws a ChangeoverError `CONFIG` when the list is empty. */
export function historiesOf<E>(fc: FastCheck, events: GivenEvents<E>, maxEvents: number): Arbitrary<readonly E[]> {
  const histories = isList(events) ? partsOf(fc, events, maxEvents) : events
  return histories.filter((history) => history.length > 0)
}

/**
 * Of a list, every event as a separate history, after an earlier one that has its `_id`. Parts of the list may never have
 * some event, or never two such events together.
 */
export function shortHistories<E extends object>(events: GivenEvents<E>): E[][] {
  if (!isList(events)) return []
  const known = new Map<string, E>()
  return events.map((event) => {
    const id = idText((event as { _id?: unknown })._id)
    const earlier = known.get(id)
    known.set(id, event)
    return earlier === undefined ? [event] : [earlier, event]
  })
}

/** The `_id` of an event as text. */
export function idText(id: unknown): string {
  return EJSON.stringify({ id })
}

function isList<E>(events: GivenEvents<E>): events is readonly E[] {
  return Array.isArray(events)
}

// Neighbours in a stream tend to be about the same thing, so a part is a stretch of the list with some events left out.
function partsOf<E>(fc: FastCheck, events: readonly E[], most: number): Arbitrary<readonly E[]> {
  if (events.length === 0) {
    throw new ChangeoverError('CONFIG', 'There are no events to check.', {
      remedy: 'Pass some events to checkConvergence.',
    })
  }
  return fc
    .tuple(fc.nat(events.length - 1), fc.integer({ min: 1, max: most }))
    .chain(([from, count]) => fc.subarray(events.slice(from, from + count), { minLength: 1 }))
}
