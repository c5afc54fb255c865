import { ChangeoverError } from '../core/index.ts'

/** Refuses two things of one kind that have the same name. Throws a ChangeoverError `DEFINITION`. */
export function assertUniqueNames(owner: string, kinds: string, named: readonly { readonly name: string }[]): void {
  const names = named.map(({ name }) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated === undefined) return
  throw new ChangeoverError('DEFINITION', `${owner} has two ${kinds} named ${repeated}.`, {
    remedy: 'Rename one of them, or list it once.',
  })
}
