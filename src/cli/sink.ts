import { createSink } from '../sink/index.ts'
import type { Context } from './context.ts'
import { STOP_MS } from './lifetime.ts'
import { count } from './progress.ts'

/** What is not finished by then is delivered again. Less than what the process has after a signal. */
const GRACE_MS = STOP_MS - 500

export async function sinkCommand(
  context: Context,
  { migration: name }: { readonly migration?: string },
): Promise<number> {
  const migration = await context.migration(name)
  const warehouse = context.warehouse()
  await warehouse.dialect()
  const sink = createSink(migration, {
    warehouse,
    queue: await context.queue(),
    logger: context.logger,
    graceMs: GRACE_MS,
  })
  context.logger.info('working until stopped', { migration: migration.name })
  await sink.run({ signal: context.signal })
  const { messages, received, applied, quarantined, malformed } = sink.counters
  context.print(sink.counters, [
    `${migration.name}: ${count(received)} events in ${count(messages)} messages; applied ${count(applied)}, quarantined ${count(quarantined)} events and ${count(malformed)} messages.`,
  ])
  return 0
}
