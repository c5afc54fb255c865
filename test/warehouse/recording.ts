import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** The channels on which the driver tells of every statement that it is about to send. */
const CHANNELS = ['tracing:mysql2:query:start', 'tracing:mysql2:execute:start']

/** What the driver sends while work is done, each text once, whichever connection it uses. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements = new Set<string>()
  const record = (message: unknown): void => void statements.add((message as { readonly query: string }).query)
  for (const channel of CHANNELS) subscribe(channel, record)
  try {
    await work()
  } finally {
    for (const channel of CHANNELS) unsubscribe(channel, record)
  }
  return [...statements]
}
