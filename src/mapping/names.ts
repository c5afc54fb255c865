import { ChangeoverError } from '../core/index.ts'
import { kindOfValue } from './given.ts'

/**
 * Checks the name of a migration or a report, which goes into the names of tables, flags and files. Throws a ChangeoverError
 * `DEFINITION`.
 */
export function checkName(kind: 'migration' | 'report', name: unknown, maxLength: number): void {
  if (typeof name === 'string' && /^[a-z][a-z0-9_]*$/.test(name) && name.length <= maxLength) return
  const shown = typeof name === 'string' ? JSON.stringify(name) : kindOfValue(name)
  throw new ChangeoverError('DEFINITION', `${capitalized(shown)} is not a valid name for a ${kind}.`, {
    remedy: `Start with a letter, and use only lower-case letters, digits and underscores, at most ${maxLength} characters.`,
  })
}

/** Refuses two things of one kind that have the same name. Throws a ChangeoverError `DEFINITION`. */
export function assertUniqueNames(owner: string, kinds: string, named: readonly { readonly name: string }[]): void {
  const names = named.map(({ name }) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated === undefined) return
  throw new ChangeoverError('DEFINITION', `${owner} has two ${kinds} named ${repeated}.`, {
    remedy: 'Rename one of them, or list it once.',
  })
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
