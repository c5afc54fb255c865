import { decodeEvent, encodeEvent } from '../event/index.ts'

/** What an upsert would insert, as far as its command tells. */
export interface Template {
  /** The document under the id that it got; without one, under the id that the query asked for. */
  with(id: unknown): { readonly whole: object | undefined; readonly part: object }
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads a query and an update. The whole document is known when the update is a replacement, or sets plain fields only, and the
 * query compares plain fields with values only: `updateOne({ _id }, { $setOnInsert: event }, { upsert: true })` and its like.
 * The values are copied: they are the caller's own.
 */
export function templateOf(query: Fields, update: unknown, ignoreUndefined: boolean): Template {
  try {
    const asked = equalitiesOf(query)
    const set = setOf(update)
    const isReplacement = set !== undefined && set === update
    // A replacement takes its id from the query, and nothing else.
    const known = isReplacement ? ('_id' in asked.fields ? { _id: asked.fields['_id'] } : {}) : asked.fields
    const part = decodeEvent(encodeEvent({ ...known, ...set }, ignoreUndefined))
    const isWhole = set !== undefined && (isReplacement || asked.isAll)
    return {
      with(id) {
        const document = id === undefined ? part : { _id: id, ...part }
        return { whole: isWhole && '_id' in document ? document : undefined, part: document }
      },
    }
  } catch {
    return { with: () => ({ whole: undefined, part: {} }) }
  }
}

function equalitiesOf(query: Fields): { readonly fields: Fields; readonly isAll: boolean } {
  const entries = Object.entries(query)
  const plain = entries.filter(([name, value]) => isPlain(name) && !isCondition(value))
  return { fields: Object.fromEntries(plain), isAll: plain.length === entries.length }
}

/** The fields that an update sets; undefined when it does something else too. */
function setOf(update: unknown): Fields | undefined {
  if (typeof update !== 'object' || update === null || Array.isArray(update)) return undefined
  const names = Object.keys(update)
  if (names.every((name) => !name.startsWith('$'))) return update as Fields
  const { $set = {}, $setOnInsert = {}, ...others } = update as Record<string, Fields>
  const set = { ...$set, ...$setOnInsert }
  return Object.keys(others).length === 0 && Object.keys(set).every(isPlain) ? set : undefined
}

function isPlain(name: string): boolean {
  return !name.startsWith('$') && !name.includes('.')
}

function isCondition(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof RegExp || ('_bsontype' in value && value._bsontype === 'BSONRegExp')) return true
  return Object.keys(value).some((name) => name.startsWith('$'))
}
