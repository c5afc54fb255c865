import type { ObjectId } from 'bson'
import { column as c, defineMigration, dimension, fact, group, type Migration } from '../../../src/exports/index.ts'

export type StepType = 'joined' | 'changed' | 'moved' | 'left' | 'noted'

/** Something that a user did. */
export interface StepEvent {
  readonly _id: ObjectId
  readonly seq: number
  readonly type: StepType
  readonly at: Date
  readonly user: string
  /** The step that a note is about. */
  readonly about: ObjectId
  readonly name: string | null
  readonly size: number
  readonly isOpen: boolean
}

/** A few users, whom many events fight over, with every merge and a history. */
export const user = dimension('user', {
  key: { id: c.varchar(8) },
  history: true,
  columns: {
    name: c.varchar(20).nullable(),
    mail: c.varchar(20).pii(),
    first_name: c.varchar(20).first().nullable(),
    smallest: c.bigint().min().nullable(),
    last_seen: c.datetime().max().nullable(),
    ever_open: c.boolean().any().nullable(),
    always_open: c.boolean().all().nullable(),
    ...group('spot', { x: c.int().nullable(), y: c.int().nullable() }),
  },
})

/** One row per event: an event that is lost, even once, leaves a hole here. */
export const step = fact('step', {
  key: { step_id: c.objectId() },
  dimensions: { user, day: c.date() },
  measures: {
    kind: c.enum('joined', 'changed', 'moved', 'left', 'noted'),
    size: c.decimal(20, 2),
    note: c.varchar(20).last().nullable(),
  },
})

export const steps: Migration = defineMigration<StepEvent>()({
  name: 'steps',
  source: { collection: 'steps', type: 'type', order: 'seq', time: 'at', entity: 'user' },
  tables: { user, step },
  on: {
    joined: (e) => [user.create({ id: e.user }, columnsOf(e)), taken(e)],
    changed: (e) => [user.edit({ id: e.user }, columnsOf(e)), taken(e)],
    moved: (e) => [user.edit({ id: e.user }, { x: e.size, y: -e.size }), taken(e)],
    left: (e) => [user.delete({ id: e.user }), taken(e)],
    noted: (e) => [step.edit({ step_id: e.about }, { note: e.name }), taken(e)],
  },
})

function taken(e: StepEvent) {
  return step.create({ step_id: e._id }, { user_id: e.user, day: e.at, kind: e.type, size: e.size })
}

function columnsOf(e: StepEvent) {
  return {
    name: e.name,
    mail: `${e.user}@example.org`,
    first_name: e.name,
    smallest: e.size,
    last_seen: e.at,
    ever_open: e.isOpen,
    always_open: e.isOpen,
    x: e.size,
    y: e.size,
  }
}
