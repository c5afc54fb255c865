export { countUnmapped, explainMongo, sourceOf } from './mongo-source.ts'
export type { EventSource } from './mongo-source.ts'
export { cutRanges } from './ranges.ts'
export type { Range } from './ranges.ts'
