import { ChangeoverError } from '../core/index.ts'
import { createSink } from '../sink/index.ts'
import type { Context } from './context.ts'
import { EXIT, STOP_MS } from './lifetime.ts'
import { count, quantity } from './quantity.ts'
import { unknownTypesLines } from './unknown-types-line.ts'

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
  if (sink.generation === undefined) {
    throw new ChangeoverError(
      'UNREGISTERED',
      `The sink of ${migration.name} was stopped before it began, and received nothing.`,
      {
        remedy: 'It waits for its definition: run changeover apply with this config, and start it again.',
      },
    )
  }
  const { counters, unknownTypes } = sink
  const { messages, received, applied, quarantined, malformed, unmapped } = counters
  context.print({ ...counters, unknownTypes }, [
    `${migration.name}: ${quantity(received, 'event')} in ${quantity(messages, 'message')}; applied ${count(applied)}, quarantined ${quantity(quarantined, 'event')} and ${quantity(malformed, 'message')}.`,
    ...unknownTypesLines({ unmapped, unknownTypes }),
  ])
  return unmapped > 0 ? EXIT.differences : EXIT.fine
}
