export { DEFAULT_COVERAGE_COLLECTION, heartbeatId, windowId } from './format.ts'
export type { CoverageWindow } from './format.ts'
export { bury, coverageOf, readCoverage } from './store.ts'
export type { CoverageDocument } from './store.ts'
