import { ChangeoverError } from '../core/index.ts'
import { schemaViolation, type StandardSchema } from './schema.ts'

/**
 * The parameters of a report as its schema returns them, or unchanged when it has none. Rejects with a ChangeoverError `CONFIG` that
 * names the report and the paths, and never a value.
 */
export async function validateParams<Params>(
  report: string,
  schema: StandardSchema<Params> | undefined,
  params: Params,
): Promise<Params> {
  if (!schema) return params
  const result = await schema['~standard'].validate(params)
  if (!result.issues) return result.value
  const subject = `The parameters of the report ${report} do not fit their schema`
  throw new ChangeoverError('CONFIG', schemaViolation(subject, result) ?? `${subject}.`, {
    remedy: 'Correct them where they are given, or correct the defaults of the report.',
  })
}
