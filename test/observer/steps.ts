import type { Document } from 'mongodb'
import { defineMigration } from '../../src/mapping/index.ts'
import { column as c, fact } from '../../src/star/index.ts'

interface Step {
  _id: number | string
  seq: number
  type: 'stepped'
  at: Date
}

const stepped = fact('stepped', { key: { id: c.varchar(40) }, dimensions: { day: c.date() } })

/** Events with times, as those of a real application have them. */
export const steps = defineMigration<Step>()({
  name: 'steps',
  source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
  tables: { stepped },
  on: { stepped: (e) => stepped.create({ id: String(e._id) }, { day: e.at }) },
})

export const STEPS_FLAG = 'changeover.steps.write'

export function step(id: number | string, more: Document = {}): Document & { _id: never } {
  return { _id: id as never, seq: typeof id === 'number' ? id : 0, type: 'stepped', at: new Date(), ...more }
}
