export { DEFAULT_MAX_EVENTS, DEFAULT_RUNS, DEFAULT_WRITERS, checkConvergence } from '../testing/index.ts'
export type { ConvergenceOptions } from '../testing/index.ts'
export { memoryWarehouse } from '../warehouse/index.ts'
export type { MemoryWarehouse } from '../warehouse/index.ts'
