import { schemaOf } from '../ledger/index.ts'
import { applySteps, plan, type Step, type Warehouse } from '../warehouse/index.ts'
import type { Context } from './context.ts'

interface Options {
  readonly allowDestructive?: boolean
}

export async function planCommand(context: Context, options: Options): Promise<number> {
  const { warehouse, steps } = await planned(context, options)
  context.print({ steps }, [
    ...steps.map(({ why, sql }) => `-- ${why}\n${sql};\n`),
    steps.length === 0
      ? `-- ${warehouse.address} has everything.`
      : `-- ${warehouse.address} lacks ${steps.length} steps.`,
  ])
  return 0
}

export async function applyCommand(context: Context, options: Options): Promise<number> {
  const { warehouse, steps } = await planned(context, options)
  await applySteps(warehouse, steps)
  context.print({ steps }, [
    ...steps.map(({ why }) => `${why}: done`),
    steps.length === 0 ? `${warehouse.address} has everything.` : `${warehouse.address}: ${steps.length} steps done.`,
  ])
  return 0
}

async function planned(context: Context, options: Options): Promise<{ warehouse: Warehouse; steps: Step[] }> {
  const { migrations, calendar } = await context.config()
  const warehouse = context.warehouse()
  return { warehouse, steps: await plan(warehouse, schemaOf(migrations, calendar), options) }
}
