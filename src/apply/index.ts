export { createApplier } from './applier.ts'
export type { Applier, ApplierSlice } from './port.ts'
