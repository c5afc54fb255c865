export { checkConvergence } from './check-convergence.ts'
export { DEFAULT_MAX_EVENTS, DEFAULT_RUNS, DEFAULT_WRITERS } from './options.ts'
export type { ConvergenceOptions } from './options.ts'
