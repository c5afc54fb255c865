import fc from 'fast-check'
import { numberOf } from './stream.ts'

/** What a process of the campaign is doing. */
export type Doing = 'nothing' | 'receiving' | 'writing rows' | 'writing receipts' | 'acknowledging' | 'checkpointing'

/** How a network fails: the connections end; an answer is lost after the server has done the work; nothing is answered. */
export type Failure = 'cut' | 'lost answer' | 'silence'

/** A fault, and when it strikes. `worker` chooses among those that there are. */
export type Kill =
  | { readonly kind: 'sink'; readonly worker: number; readonly during: Doing; readonly nth: number }
  | { readonly kind: 'migration'; readonly during: Doing; readonly nth: number }
  | { readonly kind: 'connection'; readonly pick: number }
  | { readonly kind: 'query'; readonly pick: number }
  | { readonly kind: 'server'; readonly worker: number; readonly nth: number }
  | { readonly kind: 'warehouse socket'; readonly worker: number; readonly failure: Failure }
  | { readonly kind: 'queue socket'; readonly worker: number; readonly failure: Failure; readonly during: Doing }

export type Kind = Kill['kind']

/** What each kind is, as the report says it. */
export const KINDS: Readonly<Record<Kind, string>> = {
  sink: 'a sink process, SIGKILL',
  migration: 'a migrate process, SIGKILL',
  connection: 'a connection, KILL',
  query: 'a statement, KILL QUERY',
  server: 'the database server, SIGKILL',
  'warehouse socket': 'sockets to the database',
  'queue socket': 'sockets to the queue',
}

const worker = fc.nat(99)
const nth = fc.integer({ min: 1, max: 4 })
const pick = fc.nat(99)
const failure = fc.constantFrom<Failure>('cut', 'lost answer', 'silence')
const kind = <K extends Kind>(of: K): fc.Arbitrary<K> => fc.constant(of)

const OF_KIND: Readonly<Record<Kind, { readonly weight: number; readonly arbitrary: fc.Arbitrary<Kill> }>> = {
  sink: {
    weight: 32,
    arbitrary: fc.record({
      kind: kind('sink'),
      worker,
      during: fc.constantFrom<Doing>('receiving', 'writing rows', 'writing rows', 'writing receipts', 'acknowledging'),
      nth,
    }),
  },
  migration: {
    weight: 18,
    arbitrary: fc.record({
      kind: kind('migration'),
      during: fc.constantFrom<Doing>('writing rows', 'writing receipts', 'checkpointing'),
      // The first two checkpoints begin the run.
      nth: fc.integer({ min: 3, max: 7 }),
    }),
  },
  connection: { weight: 14, arbitrary: fc.record({ kind: kind('connection'), pick }) },
  query: { weight: 14, arbitrary: fc.record({ kind: kind('query'), pick }) },
  server: { weight: 9, arbitrary: fc.record({ kind: kind('server'), worker, nth }) },
  'warehouse socket': { weight: 7, arbitrary: fc.record({ kind: kind('warehouse socket'), worker, failure }) },
  'queue socket': {
    weight: 6,
    arbitrary: fc.record({
      kind: kind('queue socket'),
      worker,
      failure,
      during: fc.constantFrom<Doing>('receiving', 'acknowledging'),
    }),
  },
}

/** The kills of a campaign: each kind at least once when there are enough, the others by weight, in any order. */
export function planKills(count: number, seed: number): Kill[] {
  const each = fc.tuple(...Object.values(OF_KIND).map(({ arbitrary }) => arbitrary))
  const others = fc.array(fc.oneof(...Object.values(OF_KIND)), { minLength: count, maxLength: count })
  const plans = fc.tuple(each, others).chain(([first, more]) => {
    const kills = [...first, ...more].slice(0, count)
    return fc.shuffledSubarray(kills, { minLength: kills.length })
  })
  const [plan = []] = fc.sample(plans, { seed: numberOf(`${seed}/kills`), numRuns: 1 })
  return plan
}
