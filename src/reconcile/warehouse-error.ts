import { explain, troubleOf, type Trouble } from '../warehouse/index.ts'

/** Errors of these kinds are the server's; any other is the report's own. */
const SERVER_KINDS: ReadonlySet<Trouble> = new Set<Trouble>(['unreachable', 'denied', 'schema'])

/** What the new side of a report threw: a sentence with the server's address when it is the server's error, else unchanged. */
export function explainWarehouseError(thrown: unknown, address: string): unknown {
  return SERVER_KINDS.has(troubleOf(thrown)) ? explain(thrown, address) : thrown
}
