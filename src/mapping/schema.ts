import { ChangeoverError } from '../core/index.ts'
import { isPromise } from './promises.ts'

/**
 * The part that is used of a schema of any library that follows Standard Schema (https://standardschema.dev), version 1: Valibot, Zod,
 * ArkType and others.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
  }
}

/** What a schema makes of a value: its output, or why it refuses the value. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

const MAX_PATHS = 3

/** Checks what was given as a schema; `what` begins the sentence. Throws a ChangeoverError `DEFINITION`. */
export function checkSchema(what: string, schema: StandardSchema | undefined): void {
  if (typeof schema?.['~standard']?.validate === 'function') return
  throw new ChangeoverError('DEFINITION', `${what} that is not a Standard Schema.`, {
    remedy: 'Give a schema of a library that follows https://standardschema.dev, such as Valibot, Zod or ArkType.',
  })
}

/** Validates where nothing may wait. Throws a ChangeoverError `DEFINITION` for a schema that validates asynchronously. */
export function validateSync<Output>(schema: StandardSchema<Output>, value: unknown): StandardResult<Output> {
  const result = schema['~standard'].validate(value)
  // Not `instanceof`: a library may have a promise of its own.
  if (!isPromise(result)) return result as StandardResult<Output>
  throw new ChangeoverError('DEFINITION', 'A schema validates asynchronously.', {
    remedy: 'A mapping is a pure function of the event: use checks that need nothing else.',
  })
}

/**
 * The sentence that says where a value does not fit its schema, or undefined when it fits; `subject` begins it. It has the paths
 * only, not the library's messages: these may quote personal values.
 */
export function schemaViolation(subject: string, { issues }: StandardResult<unknown>): string | undefined {
  if (!issues || issues.length === 0) return undefined
  const paths = [...new Set(issues.map(pathOf))]
  const more = paths.length > MAX_PATHS ? `, and ${paths.length - MAX_PATHS} more` : ''
  return `${subject} at ${paths.slice(0, MAX_PATHS).join(', ')}${more}.`
}

function pathOf({ path }: StandardIssue): string {
  const names = path?.map((part) => String(typeof part === 'object' ? part.key : part)) ?? []
  return names.length === 0 ? 'its root' : names.join('.')
}
