import { configureGlobal } from 'fast-check'

// CHANGEOVER_SEED replays a run; a failing property prints the seed it had. CHANGEOVER_RUNS makes the search longer.
const seed = process.env['CHANGEOVER_SEED']
const runs = process.env['CHANGEOVER_RUNS']
configureGlobal({
  ...(seed === undefined ? {} : { seed: Number(seed) }),
  ...(runs === undefined ? {} : { numRuns: Number(runs) }),
})
