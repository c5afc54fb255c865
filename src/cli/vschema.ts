import { schemaOf } from '../ledger/index.ts'
import { vschemaOf } from '../warehouse/index.ts'
import type { Context } from './context.ts'
import { EXIT } from './lifetime.ts'

export async function vschemaCommand(context: Context): Promise<number> {
  const { migrations, calendar } = await context.config()
  const vschema = vschemaOf(schemaOf(migrations, calendar))
  context.print(vschema, [JSON.stringify(vschema, null, 2)])
  return EXIT.fine
}
