import { types } from 'node:util'
import { messageOf } from '../core/index.ts'
import { decodeEvent, encodeEvent } from '../event/index.ts'
import type { FlagContext, Flags } from '../flags/index.ts'
import { type CompiledMigration, reader } from '../mapping/index.ts'
import { storedBytes } from './stored-document.ts'
import type { Captured, Skip, SkipReason } from './tap.ts'

/** An event that is not to be sent. It is followed to its outcome like any other: only what was written has been missed. */
export interface Skipped extends Captured {
  readonly skipped: Skip
}

/** How events are chosen and serialised. */
export interface CaptureOptions {
  readonly flags: Flags
  readonly flag: string
  readonly context: ((event: Readonly<Record<string, unknown>>) => FlagContext) | undefined
  readonly maxEventBytes: number
  readonly ignoreUndefined: boolean
}

const NO_BYTES = new Uint8Array()

/** Whether the event is to be sent; else it is skipped, and says why. */
export function isSkipped(event: Captured): event is Skipped {
  return event.skipped !== undefined
}

/** Those that are skipped. */
export function byReason(events: readonly Captured[]): Map<SkipReason, Skipped[]> {
  const skipped = new Map<SkipReason, Skipped[]>()
  for (const event of events) {
    if (!isSkipped(event)) continue
    const { reason } = event.skipped
    const others = skipped.get(reason)
    if (others) others.push(event)
    else skipped.set(reason, [event])
  }
  return skipped
}

/**
 * Makes the function that chooses and serialises a document: undefined when the mapping does not take it. It runs within the host's
 * own insert, on the host's own object, which may be anything; whatever it does, this never throws and never changes it.
 */
export function createTake(
  migration: CompiledMigration,
  options: CaptureOptions,
): (document: object) => Captured | undefined {
  const { protect } = migration
  const { flags, flag, context, maxEventBytes, ignoreUndefined } = options
  const typeOf = reader(migration.source.type)
  const timeOf = reader(migration.source.time)
  const wanted = new Set(migration.handledTypes)

  return (document) => {
    let time: Date | undefined
    const skip = (reason: SkipReason, detail: string): Skipped => ({
      bytes: NO_BYTES,
      time,
      skipped: { reason, detail },
    })
    try {
      const stored = storedBytes(document)
      // Such a document is stored as something else than it looks like.
      const early = stored ?? (isDisguised(document) ? encodeEvent(document, ignoreUndefined) : undefined)
      const isAsIs = early === undefined || (stored && context === undefined)
      const event = (isAsIs ? document : decodeEvent(early)) as Readonly<Record<string, unknown>>
      const type = typeOf(event)
      if (typeof type !== 'string' || !wanted.has(type)) return undefined
      time = instant(timeOf(event))
      if (!flags.isReady) return skip('not-ready', 'the flags are not known yet')
      const answer = ask(flags, flag, context, event)
      if (answer !== true) return skip('flag-off', answer)
      // With forceServerObjectId only the server knows what the event is called.
      if (!Object.hasOwn(event, '_id')) return skip('without-id', 'the server makes its _id')
      const whole = early ?? encodeEvent(document, ignoreUndefined)
      const bytes = protect ? encodeEvent(protect(decodeEvent(whole))) : whole
      if (bytes.length <= maxEventBytes) return { bytes, time }
      return skip('oversize', `${bytes.length} bytes, of at most ${maxEventBytes}`)
    } catch (thrown) {
      return skip('not-serialisable', messageOf(thrown))
    }
  }
}

/** True, or why not. What the host's own functions throw counts as off. */
function ask(
  flags: Flags,
  flag: string,
  context: CaptureOptions['context'],
  event: Readonly<Record<string, unknown>>,
): true | string {
  try {
    return flags.isEnabled(flag, context?.(event)) || flag
  } catch (thrown) {
    return messageOf(thrown)
  }
}

function isDisguised(document: object): boolean {
  return types.isMap(document) || ('toBSON' in document && typeof document.toBSON === 'function')
}

/** A copy: a Date can be changed. Dates of another realm are Dates as well. */
function instant(value: unknown): Date | undefined {
  if (!types.isDate(value)) return undefined
  const time = Date.prototype.getTime.call(value)
  return Number.isNaN(time) ? undefined : new Date(time)
}
