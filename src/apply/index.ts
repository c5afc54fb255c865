export { createApplier } from './applier.ts'
export type { Applier } from './applier.ts'
