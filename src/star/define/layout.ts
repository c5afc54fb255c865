import { ChangeoverError } from '../../core/index.ts'
import type { ColumnSpec, Merge } from './column.ts'
import { EVENT_BYTES, historyOf, type History } from '../rows/history.ts'
import type { Columns } from './infer.ts'
import type { PhysicalColumn, Register, Relation } from '../rows/relation.ts'
import { bigint, boolean, int } from '../types/number.ts'
import { stampType } from '../types/text.ts'

/** A definition brought down to what MySQL and the merge know: columns and registers. */
export interface Lowered {
  readonly relation: Relation
  /** Where each of the user's columns is, and how a write to it is guarded. */
  readonly slots: ReadonlyMap<string, Slot>
  readonly live: { readonly value: number; readonly stamp: number }
  /** The index of the origin's bits. */
  readonly origin: number
  /** Of a fact: what tells whether two events wrote different contents under one key. */
  readonly content: Content | undefined
  /** Of a dimension that keeps one. */
  readonly history: History | undefined
}

/** Where a fact keeps the greatest and the smallest fingerprint of its content; see `content.ts`. */
export interface Content {
  readonly columns: readonly number[]
  readonly high: number
  readonly low: number
}

/** One of the user's columns within the row. */
export interface Slot {
  readonly name: string
  readonly index: number
  readonly spec: ColumnSpec
  readonly merge: Merge
  /** The index of the stamp that guards it; absent for `min`, `max`, `any` and `all`. */
  readonly stamp: number | undefined
  readonly isKey: boolean
}

/** Columns of the package's own: they begin with an underscore, which no column of a user's may. */
export const LIVE = '_live'
export const LIVE_STAMP = '_live_stamp'
export const ORIGIN_COLUMN = '_origin'
export const CONTENT_HIGH = '_content_high'
export const CONTENT_LOW = '_content_low'
const FACT_CONTENT = 'once'
/** What a stamp's column says of itself: under the one, stamps are inverted, so the two must never be compared. */
const GUARDS = Object.freeze({
  last: 'changeover: the latest event counts',
  first: 'changeover: the earliest event counts',
})
/** Columns that the views of a dimension add: that of its members, and those of its history. */
export const MEMBER_STATE = 'member_state'
export const VERSION_COLUMNS: readonly string[] = Object.freeze(['valid_from', 'valid_to', 'is_current'])

const MAX_NAME = 60
const MAX_KEY_BYTES = 3072
/** InnoDB's limit for a row, 65,535 bytes, less what stamps and headers take. */
const MAX_ROW_BYTES = 60_000
/** What a text or JSON column takes of a row, its value being elsewhere. */
const POINTER_BYTES = 12
const NAME = /^[a-z][a-z0-9_]*$/
const PREFIX = { dimension: 'dim_', fact: 'fact_' } as const

export function lower(
  kind: 'dimension' | 'fact',
  table: string,
  key: Columns,
  columns: Columns,
  keepsHistory: boolean,
): Lowered {
  const place = `The ${kind} ${table}`
  checkName(`The name of the ${kind}`, table, MAX_NAME - PREFIX[kind].length - (keepsHistory ? '_history'.length : 0))
  if (Object.values(PREFIX).some((prefix) => table.startsWith(prefix))) {
    throw new ChangeoverError('DEFINITION', `${place} has a name that another table or its view may have.`, {
      remedy: 'Leave dim_ and fact_ out: the tables get them by themselves.',
    })
  }
  checkKey(place, key, columns, keepsHistory)
  for (const name of kind === 'fact' ? [] : [...Object.keys(key), ...Object.keys(columns)]) {
    checkViewNames(place, name, keepsHistory)
  }

  const physical: PhysicalColumn[] = []
  const registers: Register[] = []
  const slots = new Map<string, Slot>()
  const groups = new Map<string, { stamp: number; columns: number[] }>()

  const add = (column: PhysicalColumn): number => physical.push(column) - 1
  const stampFor = (group: string, merge: Merge): { stamp: number; columns: number[] } => {
    const known = groups.get(group)
    if (known) return known
    const made = {
      stamp: add(stampColumn(`_stamp_${group}`, GUARDS[merge === 'first' ? 'first' : 'last'])),
      columns: [],
    }
    groups.set(group, made)
    registers.push({ merge: 'stamped', ...made })
    return made
  }

  for (const [name, { spec }] of Object.entries(key)) {
    const index = add({ name, type: spec.type, nullable: false, ...commentOf(spec) })
    slots.set(name, { name, index, spec, merge: 'once', stamp: undefined, isKey: true })
  }
  for (const [name, { spec }] of Object.entries(columns)) {
    const merge = spec.merge === 'default' ? (kind === 'fact' ? 'once' : 'last') : spec.merge
    checkColumn(`${place}: the column ${name}`, spec, merge)
    const index = add({ name, type: spec.type, nullable: true, ...commentOf(spec) })
    if (merge === 'last' || merge === 'once' || merge === 'first') {
      // Erasure outranks every stamp, so personal data never shares one with what must outlive it.
      const shared = spec.group ?? (merge === 'once' && !spec.pii ? FACT_CONTENT : name)
      const group = stampFor(shared, merge)
      group.columns.push(index)
      slots.set(name, { name, index, spec, merge, stamp: group.stamp, isKey: false })
    } else {
      registers.push({ merge: merge === 'any' ? 'max' : merge === 'all' ? 'min' : merge, column: index })
      slots.set(name, { name, index, spec, merge, stamp: undefined, isKey: false })
    }
  }

  checkGroups(place, slots)
  checkRow(place, physical)
  const fixed = [...slots.values()].filter(({ isKey, merge, spec }) => !isKey && merge === 'once' && !spec.pii)
  const content = fixed.length > 0 && {
    columns: fixed.map(({ index }) => index),
    high: add({ name: CONTENT_HIGH, type: bigint, nullable: true }),
    low: add({ name: CONTENT_LOW, type: bigint, nullable: true }),
  }
  if (content) registers.push({ merge: 'max', column: content.high }, { merge: 'max', column: content.low })
  const live = add({ name: LIVE, type: boolean, nullable: true })
  const stamp = add(stampColumn(LIVE_STAMP, GUARDS.last))
  registers.push({ merge: 'stamped', columns: [live], stamp })
  const origin = add({ name: ORIGIN_COLUMN, type: int, nullable: false, defaultSql: '0' })
  registers.push({ merge: 'bits', column: origin })

  return Object.freeze({
    relation: Object.freeze({
      name: `${PREFIX[kind]}${table}`,
      columns: physical,
      keyLength: Object.keys(key).length,
      registers,
    }),
    slots,
    live: { value: live, stamp },
    origin,
    content: content || undefined,
    history: keepsHistory ? historyOf(table, physical.slice(0, Object.keys(key).length), slots.values()) : undefined,
  })
}

// Columns of one group stand and fall together: one merge, and erased together or not at all.
function checkGroups(place: string, slots: ReadonlyMap<string, Slot>): void {
  const firstOf = new Map<string, Slot>()
  for (const slot of slots.values()) {
    const { group, pii } = slot.spec
    if (group === undefined) continue
    const what = `${place}: the column ${slot.name} of the group ${group}`
    checkName(`${place}: the name of the group`, group, MAX_NAME - '_stamp_'.length)
    if (slot.isKey || slot.stamp === undefined) {
      throw new ChangeoverError(
        'DEFINITION',
        `${what} ${slot.isKey ? 'is a key' : `merges by ${slot.merge}`}, and has no stamp to share.`,
        {
          remedy: 'Leave it out of the group.',
        },
      )
    }
    const first = firstOf.get(group) ?? slot
    firstOf.set(group, first)
    if (first.merge !== slot.merge || first.spec.pii !== pii) {
      throw new ChangeoverError('DEFINITION', `${what} differs from ${first.name} in its merge or in being personal.`, {
        remedy:
          'Columns of one group share one stamp: give them one merge, and keep personal ones in a group of their own.',
      })
    }
    const namesake = slots.get(group)
    if (group === FACT_CONTENT || (namesake && namesake.spec.group !== group)) {
      throw new ChangeoverError(
        'DEFINITION',
        `${place} has a group named ${group}, which is also the name of ${namesake ? 'a column' : 'the content of a fact'}.`,
        {
          remedy: 'Give the group another name.',
        },
      )
    }
  }
}

function checkRow(place: string, columns: readonly PhysicalColumn[]): void {
  const bytes = columns.reduce((sum, { type }) => sum + (type.keyBytes ?? POINTER_BYTES), 0)
  if (bytes <= MAX_ROW_BYTES) return
  throw new ChangeoverError(
    'DEFINITION',
    `${place} has rows of up to ${bytes} bytes, and MySQL takes ${MAX_ROW_BYTES}.`,
    {
      remedy: 'Shorten its texts (a character takes up to 4 bytes), or make the longest of them text().',
    },
  )
}

function stampColumn(name: string, comment: string): PhysicalColumn {
  return { name, type: stampType, nullable: false, defaultSql: `x'${'00'.repeat(16)}'`, comment }
}

function commentOf(spec: ColumnSpec): { comment?: string } {
  return spec.comment === undefined ? {} : { comment: spec.comment }
}

function checkName(what: string, name: string, longest: number): void {
  if (NAME.test(name) && name.length <= longest) return
  throw new ChangeoverError(
    'DEFINITION',
    `${what}, ${JSON.stringify(name)}, is not a name that the warehouse can use.`,
    {
      remedy: `Begin with a letter and use lower-case letters, digits and underscores, at most ${longest} of them.`,
    },
  )
}

// The views of a dimension have columns of their own beside the user's.
function checkViewNames(place: string, name: string, keepsHistory: boolean): void {
  const taken =
    name === MEMBER_STATE ? 'members' : keepsHistory && VERSION_COLUMNS.includes(name) ? 'history' : undefined
  if (taken === undefined) return
  throw new ChangeoverError(
    'DEFINITION',
    `${place}: the column ${name} has a name that its view of the ${taken} uses.`,
    {
      remedy: 'Give it another name.',
    },
  )
}

function checkKey(place: string, key: Columns, columns: Columns, keepsHistory: boolean): void {
  const names = Object.keys(key)
  if (names.length === 0) {
    throw new ChangeoverError('DEFINITION', `${place} has no key.`, {
      remedy: 'Name the natural key; a fact of one event is keyed by the id of the event.',
    })
  }
  let bytes = keepsHistory ? EVENT_BYTES + 2 : 0
  for (const [name, { spec }] of Object.entries(key)) {
    const what = `${place}: the key column ${name}`
    checkName(what, name, MAX_NAME)
    if (name in columns) throw new ChangeoverError('DEFINITION', `${what} is also one of its columns.`)
    if (spec.nullable || spec.default || spec.merge !== 'default') {
      throw new ChangeoverError('DEFINITION', `${what} is nullable, has a default or has a merge.`, {
        remedy: 'A key is always there and never changes: leave these off.',
      })
    }
    if (spec.type.keyBytes === undefined) {
      throw new ChangeoverError('DEFINITION', `${what} is of type ${spec.type.name}, which cannot be a key.`, {
        remedy: 'Use a bounded type with exact equality, such as varchar(n), binary(n) or an integer.',
      })
    }
    bytes += spec.type.keyBytes
  }
  if (bytes > MAX_KEY_BYTES) {
    throw new ChangeoverError(
      'DEFINITION',
      `${place} has a key of up to ${bytes} bytes${keepsHistory ? ' in its history' : ''}, and MySQL indexes ${MAX_KEY_BYTES}.`,
      {
        remedy: 'Shorten its columns (a character takes up to 4 bytes), or use a hash of the natural key.',
      },
    )
  }
}

function checkColumn(what: string, spec: ColumnSpec, merge: Merge): void {
  const name = what.slice(what.lastIndexOf(' ') + 1)
  checkName(what, name, MAX_NAME - '_stamp_'.length)
  if (name === FACT_CONTENT) {
    throw new ChangeoverError('DEFINITION', `${what} has a name that is taken by the merge of facts.`, {
      remedy: 'Give it another name.',
    })
  }
  if (merge === 'last' || merge === 'once' || merge === 'first') return
  const advice = 'Use last or first, which know who wrote the value.'
  if (spec.pii) {
    throw new ChangeoverError('DEFINITION', `${what} is personal and merges by ${merge}, which cannot be erased.`, {
      remedy: advice,
    })
  }
  if (spec.default) {
    throw new ChangeoverError(
      'DEFINITION',
      `${what} has a default and merges by ${merge}: the default would merge too.`,
      {
        remedy: `Leave the default out; nothing yet is NULL. ${advice}`,
      },
    )
  }
}
