import { createHmac } from 'node:crypto'
import { ChangeoverError } from '../core/index.ts'
import { decodeEvent, encodeEvent } from '../event/index.ts'
import type { Source } from './source.ts'

/** What is done to a personal field before anything else sees the event: it is taken out, or hashed under a key. */
export type Protection = 'drop' | 'hmac'

/** An event, decoded, without what is not to be seen of it. Leaves its argument as it is. */
export type Protect = (event: Readonly<Record<string, unknown>>) => Record<string, unknown>

/** Stands before a hash, so that nothing is hashed twice: live events are protected before they leave, migrated ones when read. */
const HASHED = 'hmac:'

type Part = 'keep' | Protection
type Tree = Map<string, Tree | Part>

/**
 * What a source's `select`, `omit` and `personal` ask for; undefined when that is nothing. It is part of the mapping, so that live
 * and migrated events give the same rows. Doing it twice is doing it once.
 *
 * What it gives throws a ChangeoverError `CONFIG` for an event with a field to be hashed when there is no key.
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

/** The same for BSON. Empty when it cannot be done: what is not protected is not shown. */
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
    // A shorter path has said all there is to say about a longer one.
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
    if (part === 'drop') delete copy[name]
    else copy[name] = part === 'hmac' ? hashed(copy[name], key, name) : guard(copy[name], part as Tree, key)
  }
  return copy
}

function hashed(value: unknown, key: string | undefined, name: string): unknown {
  if (value === null || value === undefined) return value
  if (Array.isArray(value)) return value.map((element) => hashed(element, key, name))
  if (typeof value === 'string' && /^hmac:[0-9a-f]{64}$/.test(value)) return value
  if (!key) {
    throw new ChangeoverError('CONFIG', `The field ${name} is to be hashed, and the source has no hmacKey.`, {
      remedy: 'Give it one, the same everywhere: hmacKey: process.env.CHANGEOVER_HMAC_KEY',
    })
  }
  const content = typeof value === 'string' ? value : encodeEvent({ value })
  return HASHED + createHmac('sha256', key).update(content).digest('hex')
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  return Object.getPrototypeOf(value) === Object.prototype
}
