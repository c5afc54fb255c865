/** `export { a, type B } from '…'` and `export type { C } from '…'`: the only statements that a file of public names may have. */
const STATEMENT = /^export (?<type>type )?\{(?<names>[^{}]*)\} from '\.\.\/[a-z]+\/index\.ts'\n/gm

/** The public names of a file of `src/exports/`, sorted, with `type` before each that exists only as a type. */
export function namesIn(text: string): string[] {
  const rest = text.replaceAll(STATEMENT, '').trim()
  if (rest !== '') throw new Error(`Only names from the index.ts of rooms can be exported here, not: ${rest}`)
  return [...text.matchAll(STATEMENT)]
    .flatMap(({ groups }) => {
      const names = groups!.names!.split(',').map((name) => name.trim())
      return names.filter((name) => name !== '').map((name) => (groups!.type ? `type ${name}` : name))
    })
    .toSorted((a, b) => order(a).localeCompare(order(b), 'en'))
}

// Values first.
function order(name: string): string {
  return name.startsWith('type ') ? `1${name}` : `0${name}`
}
