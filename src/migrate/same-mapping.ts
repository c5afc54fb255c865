import { ChangeoverError } from '../core/index.ts'
import type { Checkpoints } from '../ledger/index.ts'
import { textsDigest, type CompiledMigration } from '../mapping/index.ts'
import type { CallOptions } from '../warehouse/index.ts'

/** How many event types a message names at most. */
const MAX_NAMED = 5

/**
 * Throws a ChangeoverError `DEFINITION` when the text of the handlers has changed since the last run of this generation, because under
 * one generation an event must always be mapped in the same way. The text that was applied does not count, because that may be of
 * another build; `changeover status` compares with it.
 */
export async function assertSameMapping(
  { name, definition, registeredTexts }: CompiledMigration,
  checkpoints: Checkpoints,
  options: CallOptions,
): Promise<void> {
  const before = await checkpoints.latestTexts(options)
  if (before === undefined || before === textsDigest(definition.texts)) return
  const changed = changedHandlers(registeredTexts?.handlers ?? {}, definition.texts.handlers)
  const which = changed.length === 0 ? '' : ` (${changed.join(', ')})`
  throw new ChangeoverError(
    'DEFINITION',
    `The handlers of the migration ${name} have changed since its last run${which}, but its revision has not.`,
    {
      remedy:
        'Raise the revision and run changeover apply, so that events that are mapped again replace what they wrote before. ' +
        'If the handlers only look different, add --same-mapping.',
    },
  )
}

function changedHandlers(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string[] {
  const changed = Object.keys(b).filter((type) => a[type] !== b[type])
  return changed.length > MAX_NAMED ? [...changed.slice(0, MAX_NAMED), '…'] : changed
}
