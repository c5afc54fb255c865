import { describe, expect, it } from 'vitest'
import { namesIn } from './export-list.ts'
import { files, read } from './repository.ts'

/** Every public name, by subpath. A change here is a change of the public surface: it belongs in CHANGELOG.md. */
const PUBLIC = {
  'changeover/flags': `
    destroyUnleash
    fixedFlags
    unleashFlags
    type DestroyableUnleash
    type FixedFlag
    type FixedFlags
    type FlagContext
    type Flags
    type UnleashLike
  `,
  changeover: `
    calendar
    ChangeoverError
    column
    DEFAULT_REVISION
    defineConfig
    defineMigration
    dimension
    fact
    group
    optional
    report
    Table
    type AnyTable
    type CheckedEdit
    type Column
    type Columns
    type ColumnState
    type ColumnTypes
    type Config
    type CreateInput
    type Dimension
    type EditInput
    type ErrorCode
    type Fact
    type FactDimensions
    type FactTableColumns
    type Fresh
    type Grouped
    type Handler
    type Handlers
    type JsonInput
    type KeyInput
    type LogFields
    type Logger
    type LooseDatabase
    type MemberOf
    type Merge
    type Migration
    type MigrationSpec
    type Operation
    type OptionalDimension
    type Origin
    type Path
    type Report
    type ReportRow
    type ReportSpec
    type RowOf
    type RowSource
    type Source
    type StandardSchema
    type ValueAt
    type VersionOf
    type ViewRow
    type WarehouseDatabase
  `,
  'changeover/migrate': `
    countWithoutReceipt
    DEFAULT_BATCH_BYTES
    DEFAULT_BATCH_EVENTS
    DEFAULT_HEAL_MARGIN_MS
    DEFAULT_OUTAGE_MS
    DEFAULT_PARALLEL
    DEFAULT_RANGES
    DEFAULT_SETTLE_MS
    heal
    migrate
    mongoEvents
    planWarehouse
    schemaOf
    statusOf
    type AskOptions
    type DefinitionChange
    type EventIds
    type EventSource
    type Generation
    type HealOptions
    type HealResult
    type LedgerPort
    type MigrateOptions
    type MigrateResult
    type MigrationStatus
    type MigrationWarehouse
    type MongoEventsOptions
    type OutageWait
    type PlannedWarehouse
    type Range as EventRange
    type ReadOptions
    type ReceiptCounts
    type RunProgress
    type TypeCount
    type TypesOptions
    type UnknownTypes
    type WarehousePlan
    type WarehousePlanOptions
    type Worker
  `,
  'changeover/observer': `
    changeStreamTap
    commandTap
    DEFAULT_CLOSE_TIMEOUT_MS
    DEFAULT_HEARTBEAT_MS
    DEFAULT_IDLE_SAVE_MS
    DEFAULT_IN_FLIGHT_LIMITS
    DEFAULT_MAX_EVENT_BYTES
    DEFAULT_PUBLISHER_LIMITS
    DEFAULT_SAVE_MS
    DEFAULT_SILENCE_MS
    DEFAULT_SPILL_BYTES
    observe
    type BreakerState
    type Capture
    type Captured
    type ChangeStreamTap
    type ChangeStreamTapOptions
    type CoverageSettings
    type DropReason
    type InFlightLimits
    type LossReason
    type MeterLike
    type MetricsLike
    type MissReason
    type Namespace
    type ObserveOptions
    type Observer
    type ObserverCounters
    type ObserverEvents
    type ObserverHealth
    type PublisherLimits
    type SkipReason
    type SpillOptions
    type Tap
  `,
  'changeover/queue': `
    DEFAULT_QUEUE_LIMITS
    DEFAULT_REQUEST_TIMEOUT_MS
    memoryQueue
    sqs
    type MemoryQueueOptions
    type OutgoingMessage
    type Queue
    type QueueDepth
    type QueueLimits
    type QueueReceiver
    type QueueSender
    type ReceivedMessage
    type ReceiveOptions
    type SendOutcome
    type SqsClientLike
    type SqsOptions
  `,
  'changeover/reconcile': `
    compareReports
    FLOAT_TOLERANCE
    MAX_DIFFERENCES
    MAX_REPORT_ROWS
    reconcile
    sameValue
    type Change
    type Difference
    type ReconcileOptions
    type ReportResult
    type Verdict
  `,
  'changeover/sink': `
    createSink
    DEFAULT_BATCH_BYTES
    DEFAULT_BATCH_MESSAGES
    DEFAULT_GRACE_MS
    DEFAULT_MAX_LEASES
    DEFAULT_VISIBILITY_SECONDS
    DEFAULT_WAIT_SECONDS
    lambdaHandler
    type HandledMessages
    type LambdaContext
    type LambdaOptions
    type MessageCounts
    type Sink
    type SinkCounters
    type SinkMessage
    type SinkOptions
    type SqsBatchResponse
    type SqsEvent
    type TypeCount
  `,
  'changeover/testing': `
    checkConvergence
    DEFAULT_MAX_EVENTS
    DEFAULT_RUNS
    DEFAULT_WRITERS
    memoryWarehouse
    type ConvergenceOptions
    type MemoryWarehouse
  `,
  'changeover/warehouse': `
    asOf
    DEFAULT_CONNECT_TIMEOUT_MS
    DEFAULT_CONNECTIONS
    DEFAULT_LONG_STATEMENT_TIMEOUT_MS
    DEFAULT_PAGE_ROWS
    DEFAULT_READERS
    DEFAULT_REPORT_TIMEOUT_MS
    DEFAULT_RETRY
    DEFAULT_STATEMENT_TIMEOUT_MS
    memoryWarehouse
    mysqlWarehouse
    vschemaOf
    type AsOfOptions
    type AsOfRow
    type CalendarRange
    type CallOptions
    type Conflicts
    type Dialect
    type Key
    type MemoryWarehouse
    type MergePort
    type MysqlWarehouseOptions
    type PlanOptions
    type ReadPort
    type RegistryPort
    type ReportPort
    type ScanOptions
    type Schema
    type SchemaPort
    type SchemaRecord
    type Step
    type VSchema
    type VSchemaTable
    type Warehouse
    type WarehouseCounters
  `,
} as const

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string } | string>>
}

const manifest = JSON.parse(read('package.json')) as Manifest
const lists = files('src/exports/*.ts')

function fileOf(specifier: string): string {
  return `src/exports/${specifier === 'changeover' ? 'index' : specifier.replace('changeover/', '')}.ts`
}

describe('the public names', () => {
  it.each(Object.entries(PUBLIC))('of %s are exactly the listed ones', (specifier, names) => {
    expect(namesIn(lists.get(fileOf(specifier))!).join('\n')).toBe(names.trim().replaceAll(/^ +/gm, ''))
  })

  it('come from one file per subpath', () => {
    expect([...lists.keys()]).toEqual(Object.keys(PUBLIC).map(fileOf).toSorted())
  })

  it('are what package.json exports', () => {
    const expected = Object.keys(PUBLIC).map((specifier) => {
      const built = fileOf(specifier).replace('src/', './dist/').replace(/\.ts$/, '')
      return [specifier.replace('changeover', '.'), { types: `${built}.d.ts`, default: `${built}.js` }]
    })
    expect(manifest.exports).toEqual({ ...Object.fromEntries(expected), './package.json': './package.json' })
  })
})

describe('reading the names of a file', () => {
  it('lists values before types, and marks types', () => {
    const text = "export { b, a } from '../core/index.ts'\nexport type {\n  D,\n  C,\n} from '../core/index.ts'\n"
    expect(namesIn(text)).toEqual(['a', 'b', 'type C', 'type D'])
  })

  it.each([
    "export * from '../core/index.ts'\n",
    "export * as core from '../core/index.ts'\n",
    'export const a = 1\n',
    "export { a } from '../core/errors.ts'\n",
    "import { a } from '../core/index.ts'\n",
  ])('refuses any other statement: %s', (text) => {
    expect(() => namesIn(text)).toThrow('Only names from the index.ts of rooms')
  })
})
