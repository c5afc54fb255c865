import type { TestProject } from 'vitest/node'
import { startStack } from '../../dev/stack/index.ts'

/** One stack for all suites; each makes itself a database and a queue of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ only: ['mysql', 'mongodb', 'sqs'], say: console.error })
  for (const line of stack.found) console.error(line)
  project.provide('mysqlUrl', stack.mysqlUrl)
  project.provide('mongoUrl', stack.mongoUrl)
  project.provide('sqs', { ...stack.sqs })
  return () => stack.stop()
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly mysqlUrl: string
    readonly mongoUrl: string
    readonly sqs: {
      readonly endpoint: string
      readonly region: string
      readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    }
  }
}
