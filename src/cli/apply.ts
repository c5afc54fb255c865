import { schemaOf } from '../migrate/schema.ts'
import { applySteps, plan } from '../warehouse/ddl.ts'
import type { Context } from './context.ts'

export async function apply(context: Context, { dryRun = false }: { readonly dryRun?: boolean }): Promise<number> {
  const { migrations } = await context.config()
  const warehouse = context.warehouse()
  const steps = await plan(warehouse, schemaOf(migrations))
  if (!dryRun) await applySteps(warehouse, steps)
  const done = dryRun ? 'would be done' : 'done'
  context.print({ applied: !dryRun, steps }, [
    ...steps.map(({ why, sql }) => (dryRun ? `-- ${why}\n${sql};\n` : `${why}: ${done}`)),
    steps.length === 0
      ? `${warehouse.address} has everything.`
      : `${warehouse.address}: ${steps.length} steps ${done}.`,
  ])
  return 0
}
