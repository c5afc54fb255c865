import { ChangeoverError, messageOf, propertyOf } from '../core/index.ts'
import type { Mask } from './mask.ts'

/** The most causes that `--verbose` shows; a chain of causes may be a circle. */
const MAX_CAUSES = 5

/** What stopped a command, as one line: what is wrong, and what to do. */
export function complaintOf(thrown: unknown, mask: Mask): string {
  const remedy =
    thrown instanceof ChangeoverError
      ? (thrown.remedy ?? '')
      : 'This is unexpected: run the command again with --verbose to see where it comes from.'
  // Masked before it is cut: half a password is not recognized.
  const said = asSentence(messageOf(mask(messageOf(thrown, MAX_READ)), MAX_LENGTH))
  return `changeover: ${[said, mask(remedy).replaceAll(/\s+/g, ' ').trim()].join(' ').trim()}\n`
}

/** The stack traces of what stopped a command and of its causes. */
export function tracesOf(thrown: unknown, mask: Mask): string {
  const traces: string[] = []
  for (let at = thrown; at instanceof Error && traces.length < MAX_CAUSES; at = propertyOf(at, 'cause')) {
    traces.push(`${traces.length === 0 ? '' : 'Caused by: '}${stackOf(at)}\n`)
  }
  return mask(traces.join(''))
}

/** A text with a full stop, unless it ends like a sentence already. */
export function asSentence(text: string): string {
  return /[.!?…)]$/.test(text) ? text : `${text}.`
}

const MAX_LENGTH = 1000
const MAX_READ = 20_000

function stackOf(thrown: Error): string {
  const stack = propertyOf(thrown, 'stack')
  return typeof stack === 'string' ? stack : messageOf(thrown)
}
