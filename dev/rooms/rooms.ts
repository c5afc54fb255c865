/** A folder of `src/`. */
export interface Room {
  readonly name: string
  /** What it holds, for the map in CONTRIBUTING.md. */
  readonly holds: string
  /** The rooms that its files may import; all of them come earlier in the list. */
  readonly enters: readonly string[]
  /** Files outside `src/` that it may import, from the root of the repository. */
  readonly outside?: readonly string[]
}

const BELOW_CLI: readonly Room[] = [
  {
    name: 'core',
    holds:
      'What knows nothing of events or tables: errors, retries, abort, deadlines, option checks, tallies, progress, verdicts; the logger and metrics ports',
    enters: [],
  },
  {
    name: 'event',
    holds: "BSON values, the key of an event, and the queue's message with its codec. Pure",
    enters: ['core'],
  },
  {
    name: 'star',
    holds: 'Column types, table definitions, and the algebra of rows: stamp, merge, canonical encoding. Pure',
    enters: ['core', 'event'],
  },
  {
    name: 'flags',
    holds: 'The flag port; Unleash; fixed flags',
    enters: ['core'],
  },
  {
    name: 'mapping',
    holds:
      'Definitions of migrations and reports; `compile` makes mapper, protection and relations of a migration once. Pure',
    enters: ['core', 'event', 'star'],
  },
  {
    name: 'queue',
    holds: 'The queue port; SQS; a queue in memory',
    enters: ['core', 'event'],
  },
  {
    name: 'coverage',
    holds: 'The windows of what observers missed: their format, and how they are stored',
    enters: ['core'],
  },
  {
    name: 'warehouse',
    holds: 'The warehouse ports, and MySQL behind them: merge statement, schema plan, checks. The only room with SQL',
    enters: ['core', 'star'],
  },
  {
    name: 'stream',
    holds: 'The event source port; MongoDB; how a stream is cut into ranges',
    enters: ['core', 'event', 'mapping'],
  },
  {
    name: 'ledger',
    holds:
      'The tables that the package keeps for itself: generations, receipts, quarantine, checkpoints, workers; what a changed definition means; which events have no receipt',
    enters: ['core', 'event', 'star', 'mapping', 'warehouse'],
  },
  {
    name: 'apply',
    holds: 'Applies a batch of events to the warehouse: merge, receipts, quarantine. The only way in',
    enters: ['core', 'event', 'star', 'mapping', 'warehouse', 'ledger'],
  },
  {
    name: 'compare',
    holds: 'Comparison of values, keys and report rows. Pure',
    enters: ['core', 'event', 'star'],
  },
  {
    name: 'observer',
    holds: 'Taps in the live application, the publisher, and the record of what was missed',
    enters: ['core', 'event', 'mapping', 'queue', 'flags', 'coverage'],
  },
  {
    name: 'sink',
    holds: 'Applies messages from the queue: as a worker or as a Lambda function',
    enters: ['core', 'event', 'mapping', 'queue', 'warehouse', 'ledger', 'apply'],
  },
  {
    name: 'migrate',
    holds: 'Replays the history of a stream, and heals coverage windows',
    enters: ['core', 'event', 'mapping', 'warehouse', 'stream', 'ledger', 'coverage', 'apply'],
  },
  {
    name: 'reconcile',
    holds: 'Compares the old reports with the new ones',
    enters: ['core', 'mapping', 'warehouse', 'stream', 'compare'],
  },
]

const names = (rooms: readonly Room[]): string[] => rooms.map(({ name }) => name)

const TESTING: Room = {
  name: 'testing',
  holds: 'Helpers for tests of mappings: `checkConvergence`',
  enters: ['core', 'event', 'star', 'mapping', 'warehouse', 'ledger', 'apply'],
}

const CLI: Room = {
  name: 'cli',
  holds: 'The command line, a file per command. The only room that uses `process`',
  enters: names(BELOW_CLI),
  outside: ['package.json'],
}

/** Every room of `src/`, lowest first. The lint rules, the structural tests and the map in CONTRIBUTING.md come from it. */
export const ROOMS: readonly Room[] = [
  ...BELOW_CLI,
  TESTING,
  CLI,
  {
    name: 'exports',
    holds: 'The public names of the package, a file per subpath',
    enters: names([...BELOW_CLI, TESTING]),
  },
]
