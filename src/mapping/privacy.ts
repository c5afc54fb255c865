import { createHmac } from 'node:crypto'
import { ChangeoverError } from '../core/index.ts'
import { decodeEvent, encodeEvent } from '../event/index.ts'
import type { Source } from './source.ts'

/** What happens to a personal field before anything else sees the event: it is removed, or replaced by a keyed hash. */
export type Protection = 'drop' | 'hmac'

/** A copy of a decoded event with its protected fields removed or hashed. Does not change its argument. */
export type Protect = (event: Readonly<Record<string, unknown>>) => Record<string, unknown>

/** Marks a hash, so that nothing is hashed twice: live events are protected before they leave the process, migrated ones when read. */
const HASHED = 'hmac:'

type Part = 'keep' | Protection
type Tree = Map<string, Tree | Part>

/**
 * A function that applies a source's `select`, `omit` and `personal`; undefined when they say nothing. It is part of the mapping, so
 * that live and migrated events become the same rows. It is idempotent.
 *
 * The function throws a ChangeoverError `CONFIG` when it has to hash a field and the source has no key.
 */
export function protection(source: Source): Protect | undefined {
  const { select, omit = [], hmacKey } = source
  const personal = Object.entries<Protection | undefined>(source.personal ?? {})
  const needed = ['_id', source.type, source.order, source.time, ...(source.entity ? [source.entity] : [])]
  const kept = select && treeOf([...needed, ...select].map((path) => [path, 'keep']))
  const dropped = omit.map((path): [string, Part] => [path, 'drop'])
  const guarded = treeOf([...dropped, ...personal.filter((entry): entry is [string, Protection] => !!entry[1])])
  if (!kept && guarded.size === 0) return undefined
  return (event) => {
    const selected = kept ? pick(event, kept) : event
    return (guarded.size > 0 ? guard(selected, guarded, hmacKey) : selected) as Record<string, unknown>
  }
}

/** Protects an event in BSON. Returns no bytes when it cannot: an unprotected event must not be stored. */
export function protectBytes(protect: Protect, bytes: Uint8Array): Uint8Array {
  try {
    return encodeEvent(protect(decodeEvent(bytes)))
  } catch {
    return new Uint8Array()
  }
}

function treeOf(paths: readonly (readonly [string, Part])[]): Tree {
  const root: Tree = new Map()
  for (const [path, part] of paths) {
    const names = path.split('.')
    const last = names.pop()!
    let at: Tree | Part = root
    for (const name of names) {
      if (!(at instanceof Map)) break
      const next: Tree | Part = at.get(name) ?? new Map<string, Tree | Part>()
      at.set(name, next)
      at = next
    }
    // A shorter path already covers the longer ones.
    if (at instanceof Map) at.set(last, part)
  }
  return root
}

function pick(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value)) return value.map((element) => pick(element, tree))
  if (!isPlain(value)) return value
  const kept = Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
    const part = tree.get(name)
    if (part === undefined) return []
    return [[name, part instanceof Map ? pick(field, part) : field]]
  })
  return Object.fromEntries(kept)
}

function guard(value: unknown, tree: Tree, key: string | undefined): unknown {
  if (Array.isArray(value)) return value.map((element) => guard(element, tree, key))
  if (!isPlain(value)) return value
  const copy: Record<string, unknown> = { ...value }
  for (const [name, part] of tree) {
    if (!Object.hasOwn(copy, name)) continue
    if (part instanceof Map) copy[name] = guard(copy[name], part, key)
    else if (part === 'hmac') copy[name] = hashed(copy[name], key, name)
    else if (part === 'drop') delete copy[name]
  }
  return copy
}

function hashed(value: unknown, key: string | undefined, name: string): unknown {
  if (value === null || value === undefined) return value
  if (Array.isArray(value)) return value.map((element) => hashed(element, key, name))
  if (typeof value === 'string' && /^hmac:[0-9a-f]{64}$/.test(value)) return value
  if (!key) {
    throw new ChangeoverError('CONFIG', `The source hashes the field ${name} but has no hmacKey.`, {
      remedy: 'Set the same key everywhere: hmacKey: process.env.CHANGEOVER_HMAC_KEY',
    })
  }
  const content = typeof value === 'string' ? value : encodeEvent({ value })
  return HASHED + createHmac('sha256', key).update(content).digest('hex')
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  return Object.getPrototypeOf(value) === Object.prototype
}
