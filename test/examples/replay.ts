import type { RepositoryEvent } from '../../examples/history/events.ts'

/** The result of a history, and every rule that it breaks. */
export interface Replay {
  events: RepositoryEvent[]
  /** The bytes of every existing file, by its path. */
  live: Map<string, number>
  faults: string[]
}

/** Replays events, and returns the files at the end. */
export async function replay(source: AsyncIterable<RepositoryEvent>): Promise<Replay> {
  const events: RepositoryEvent[] = []
  const live = new Map<string, number>()
  const authors = new Set<string>()
  const faults: string[] = []
  let earlier = new Date(0)
  for await (const event of source) {
    events.push(event)
    const { seq, type, entity, actor, recordedAt, payload } = event
    const require = (holds: boolean, rule: string): void => void (holds || faults.push(`${seq} ${type}: ${rule}`))
    if (type === 'author.created') authors.add(entity.id)
    require(seq === events.length, 'seq counts from 1')
    require(authors.has(actor), 'its author came first')
    require(recordedAt >= earlier, 'time never goes back')
    earlier = recordedAt
    if (type === 'file.created') require(!live.has(entity.id), 'it was not there before')
    if (type === 'file.edited' || type === 'file.deleted') require(live.has(entity.id), 'it was there before')
    if (type === 'file.deleted') live.delete(entity.id)
    if (type === 'file.created' || type === 'file.edited') live.set(entity.id, payload.bytes)
  }
  return { events, live, faults }
}
