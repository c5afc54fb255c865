export { createApplier } from './applier.ts'
export type { Applied, Applier } from './applier.ts'
