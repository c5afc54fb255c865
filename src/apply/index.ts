export { createApplier } from './apply-batch.ts'
export type { Applied, Applier } from './apply-batch.ts'
