import { schemaOf } from '../ledger/index.ts'
import type { Step, Warehouse } from '../warehouse/index.ts'
import type { Context } from './context.ts'

interface Options {
  readonly allowDestructive?: boolean
}

export async function planCommand(context: Context, options: Options): Promise<number> {
  const { warehouse, steps } = await planned(context, options)
  context.print({ steps }, [
    ...steps.map(({ why, sql }) => `-- ${why}\n${sql};\n`),
    steps.length === 0
      ? `-- ${warehouse.address} is up to date.`
      : `-- ${warehouse.address}: ${changes(steps)} pending.`,
  ])
  return 0
}

export async function applyCommand(context: Context, options: Options): Promise<number> {
  const { warehouse, steps } = await planned(context, options)
  await warehouse.apply(steps, { signal: context.signal })
  context.print({ steps }, [
    ...steps.map(({ why }) => `${why}: done`),
    steps.length === 0 ? `${warehouse.address} is up to date.` : `${warehouse.address}: ${changes(steps)} applied.`,
  ])
  return 0
}

async function planned(
  context: Context,
  { allowDestructive = false }: Options,
): Promise<{ warehouse: Warehouse; steps: Step[] }> {
  const { migrations, calendar } = await context.config()
  const warehouse = context.warehouse()
  const { signal } = context
  return { warehouse, steps: await warehouse.plan(schemaOf(migrations, calendar), { allowDestructive, signal }) }
}

function changes({ length }: readonly Step[]): string {
  return length === 1 ? '1 change' : `${length} changes`
}
