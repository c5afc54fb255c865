import { ChangeoverError } from '../../core/index.ts'
import type { Relation } from '../rows/relation.ts'
import { EVENT_BYTES } from '../rows/stamp.ts'
import { binary, stampType } from '../types/text.ts'
import { hasPast, type DefinedColumn, type TableDefinition } from './definition.ts'
import { checkName, checkTableName, MAX_NAME } from './name-checks.ts'
import { FACT_CONTENT, MEMBER_STATE, STAMP_PREFIX, tableNamesOf, VERSION_COLUMNS } from './names.ts'
import { MAX_PAGE_BYTES, MAX_TABLE_COLUMNS, pageBytesOf } from './row-size.ts'

const MAX_KEY_BYTES = 3072
/** MySQL's limit for a row wherever it is kept, 65,535 bytes, less the space for internal columns and headers. */
const MAX_ROW_BYTES = 60_000
/** What a text or JSON column takes of a row; its value is stored elsewhere. */
const POINTER_BYTES = 12

/** Throws a ChangeoverError `DEFINITION` if a table cannot be laid out as it is defined. */
export function checkDefinition(definition: TableDefinition, columns: readonly DefinedColumn[]): void {
  const place = placeOf(definition)
  checkTableName(definition)
  checkKey(place, definition)
  if (definition.kind === 'dimension') checkViewColumns(place, columns, definition.history)
  for (const column of columns) if (!column.isKey) checkColumn(place, column)
  checkGroups(place, columns)
  checkRowSize(place, columns)
  if (definition.history) checkHistory(place, columns)
}

function placeOf({ kind, name }: TableDefinition): string {
  return `The ${kind} ${name}`
}

function checkKey(place: string, { key, columns, history }: TableDefinition): void {
  if (Object.keys(key).length === 0) {
    throw new ChangeoverError('DEFINITION', `${place} has no key.`, {
      remedy: 'Define its natural key; for a fact with one row per event, use the id of the event.',
    })
  }
  let bytes = history ? binary(EVENT_BYTES).keyBytes! : 0
  for (const [name, { spec }] of Object.entries(key)) {
    const what = `${place}: the key column ${name}`
    checkName(`${place}: the key column`, name, MAX_NAME)
    if (name in columns) {
      throw new ChangeoverError('DEFINITION', `${what} is also one of its columns.`, {
        remedy: 'Define it once: in the key or in the columns.',
      })
    }
    if (spec.nullable || spec.default || spec.merge !== 'default') {
      throw new ChangeoverError('DEFINITION', `${what} is nullable, or has a default or a merge.`, {
        remedy: 'Remove these: a key always has a value and never changes.',
      })
    }
    if (spec.type.keyBytes === undefined) {
      throw new ChangeoverError('DEFINITION', `${what} is of type ${spec.type.name}, which cannot be a key.`, {
        remedy: 'Use a bounded type with exact equality, such as varchar(n), binary(n) or an integer.',
      })
    }
    bytes += spec.type.keyBytes
  }
  if (bytes <= MAX_KEY_BYTES) return
  const where = history ? ' in its history' : ''
  throw new ChangeoverError(
    'DEFINITION',
    `${place} has a key of up to ${bytes} bytes${where}; MySQL indexes at most ${MAX_KEY_BYTES}.`,
    { remedy: 'Shorten its columns (a character takes up to 4 bytes), or use a hash of the natural key.' },
  )
}

function checkViewColumns(place: string, columns: readonly DefinedColumn[], history: boolean): void {
  for (const { name } of columns) {
    const view = name === MEMBER_STATE ? 'members' : history && VERSION_COLUMNS.includes(name) ? 'history' : undefined
    if (view === undefined) continue
    throw new ChangeoverError(
      'DEFINITION',
      `${place}: the name ${name} is reserved for a column of its ${view} view.`,
      {
        remedy: 'Rename the column.',
      },
    )
  }
}

function checkColumn(place: string, { name, merge, register, isPersonal, default: fallback }: DefinedColumn): void {
  const what = `${place}: the column ${name}`
  checkName(`${place}: the column`, name, MAX_NAME - STAMP_PREFIX.length)
  if (name === FACT_CONTENT) {
    throw new ChangeoverError('DEFINITION', `${place}: the name ${name} is reserved for the content of facts.`, {
      remedy: 'Rename the column.',
    })
  }
  if (register !== undefined) return
  if (isPersonal) {
    throw new ChangeoverError('DEFINITION', `${what} is personal and merges by ${merge}, which cannot be erased.`, {
      remedy: 'Use .last() or .first(), whose stamps let an erasure win.',
    })
  }
  if (fallback) {
    throw new ChangeoverError(
      'DEFINITION',
      `${what} has a default and merges by ${merge}: the default would be merged too.`,
      { remedy: 'Remove the default (the column is NULL until it is written), or use .last() or .first().' },
    )
  }
}

// Columns of one group share a stamp, so they have one merge and are erased together or not at all.
function checkGroups(place: string, columns: readonly DefinedColumn[]): void {
  const firstOf = new Map<string, DefinedColumn>()
  for (const column of columns) {
    const { name, group, merge, isKey, isPersonal, register } = column
    if (group === undefined) continue
    const what = `${place}: the column ${name} of the group ${group}`
    checkName(`${place}: the group`, group, MAX_NAME - STAMP_PREFIX.length)
    if (register === undefined) {
      const why = isKey ? 'is part of the key' : `merges by ${merge}`
      throw new ChangeoverError('DEFINITION', `${what} ${why}, so it has no stamp to share.`, {
        remedy: 'Leave it out of the group.',
      })
    }
    const first = firstOf.get(group) ?? column
    firstOf.set(group, first)
    if (first.merge !== merge || first.isPersonal !== isPersonal) {
      throw new ChangeoverError('DEFINITION', `${what} differs from ${first.name} in its merge or in .pii().`, {
        remedy: 'Use one merge for all columns of a group, and put personal columns in a group of their own.',
      })
    }
    const namesake = columns.find((other) => other.name === group)
    if (group === FACT_CONTENT || (namesake && namesake.group !== group)) {
      const owner = namesake ? 'a column' : 'the content of a fact'
      throw new ChangeoverError(
        'DEFINITION',
        `${place} has a group named ${group}, which is also the name of ${owner}.`,
        { remedy: 'Rename the group.' },
      )
    }
  }
}

function checkRowSize(place: string, columns: readonly DefinedColumn[]): void {
  const stamps = new Set(columns.flatMap(({ register }) => (register === undefined ? [] : [register]))).size
  const values = columns.reduce((sum, { type }) => sum + (type.keyBytes ?? POINTER_BYTES), 0)
  const bytes = values + stamps * stampType.keyBytes!
  if (bytes <= MAX_ROW_BYTES) return
  throw new ChangeoverError('DEFINITION', `${place} has rows of up to ${bytes} bytes; the limit is ${MAX_ROW_BYTES}.`, {
    remedy: 'Shorten its texts (a character takes up to 4 bytes), or make the longest of them text().',
  })
}

/** Throws a ChangeoverError `DEFINITION` if InnoDB cannot hold the rows of a table of a definition. */
export function checkRowsFit(definition: TableDefinition, relation: Relation): void {
  const isHistory = relation.name === tableNamesOf(definition).history
  const place = `${placeOf(definition)}${isHistory ? ', in its history,' : ''}`
  const { length } = relation.columns
  if (length > MAX_TABLE_COLUMNS) {
    throw new ChangeoverError(
      'DEFINITION',
      `${place} has ${length} columns with the internal ones; MySQL allows ${MAX_TABLE_COLUMNS}.`,
      { remedy: 'Split it, or keep some of its values as json().' },
    )
  }
  const bytes = pageBytesOf(relation)
  if (bytes <= MAX_PAGE_BYTES) return
  throw new ChangeoverError(
    'DEFINITION',
    `${place} has rows that take up to ${bytes} bytes of a page; InnoDB holds ${MAX_PAGE_BYTES}.`,
    {
      remedy:
        'A varchar(n) of up to 63 characters or a binary(n) of up to 255 bytes always stays in the page, and takes up to 256 bytes of it: ' +
        'make some of them longer or text(), which take 41. Or put columns that are written together into a group, which shares a stamp ' +
        'of 16 bytes, or split the table.',
    },
  )
}

function checkHistory(place: string, columns: readonly DefinedColumn[]): void {
  if (columns.some(hasPast)) return
  throw new ChangeoverError('DEFINITION', `${place} keeps a history, but none of its columns has one.`, {
    remedy: 'Add a column that merges by last and is not personal, or remove history: true.',
  })
}
