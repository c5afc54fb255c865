export { DEFAULT_MAX_EVENTS, DEFAULT_RUNS, DEFAULT_WRITERS, checkConvergence } from './check-convergence.ts'
export type { ConvergenceOptions } from './check-convergence.ts'
