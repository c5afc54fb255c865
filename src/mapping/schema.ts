import { ChangeoverError } from '../core/index.ts'

/**
 * What any library that follows Standard Schema (https://standardschema.dev), version 1, gives for a schema: Valibot, Zod,
 * ArkType and others. Only the part that is used.
 */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>
  }
}

interface StandardResult {
  readonly issues?: readonly StandardIssue[] | undefined
}

interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

const ISSUES_TOLD = 3

/**
 * Says what is wrong with an event, or undefined when the schema accepts it. Only paths are told, not the library's messages: these
 * may quote personal values. Throws a ChangeoverError `DEFINITION` for a schema that validates asynchronously.
 */
export function complaintOf(schema: StandardSchema, event: unknown): string | undefined {
  const result = schema['~standard'].validate(event)
  if ('then' in result) {
    result.then(
      () => {},
      () => {},
    )
    throw new ChangeoverError('DEFINITION', 'A schema validates asynchronously.', {
      remedy: 'A mapping is a pure function of the event: use checks that need nothing else.',
    })
  }
  if (!result.issues || result.issues.length === 0) return undefined
  const paths = [...new Set(result.issues.map(pathOf))]
  const more = paths.length > ISSUES_TOLD ? `, and ${paths.length - ISSUES_TOLD} more` : ''
  return `The event does not fit its schema at ${paths.slice(0, ISSUES_TOLD).join(', ')}${more}.`
}

function pathOf({ path }: StandardIssue): string {
  const names = path?.map((part) => String(typeof part === 'object' ? part.key : part)) ?? []
  return names.length === 0 ? 'its root' : names.join('.')
}
