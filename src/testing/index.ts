export { checkConvergence, DEFAULT_MAX_EVENTS, DEFAULT_RUNS, DEFAULT_WRITERS } from './check-convergence.ts'
export type { ConvergenceOptions } from './check-convergence.ts'
export { memoryWarehouse } from '../warehouse/memory.ts'
export type { MemoryWarehouse } from '../warehouse/memory.ts'
