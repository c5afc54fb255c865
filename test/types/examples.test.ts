import { expect, test } from 'vitest'
import { namesIn } from '../house/export-list.ts'
import { files, read } from '../house/repository.ts'
import { compilerSays } from './compiler.ts'

/** What the examples import from the application: a config with a migration and a report. */
const CONFIG = `
  import { column, defineConfig, defineMigration, fact, report } from 'changeover'

  interface OrderEvent { _id: number; type: 'order.placed'; seq: number; at: Date; cents: number }
  const order = fact('order', { key: { id: column.int() }, dimensions: { day: column.date() }, measures: { cents: column.int() } })
  export const history = defineMigration<OrderEvent>()({
    name: 'history',
    source: { collection: 'events', type: 'type', order: 'seq', time: 'at' },
    tables: { order },
    on: { 'order.placed': (e) => order.create({ id: e._id }, { day: e.at, cents: e.cents }) },
  })
  const orders = report('orders', {
    key: ['id'],
    tables: { order },
    legacy: () => [{ id: 1 }],
    warehouse: (_, db) => db.selectFrom('order').select('id'),
  })
  export const someRealEvents: readonly OrderEvent[] = []
  export default defineConfig({ migrations: [history], reports: [orders] })
`

const LEGACY_REPORT = `
  import type { Db } from 'mongodb'

  export const revenueByDay = async (_mongo: Db, since: string) => [{ day: since, cents: 7 }]
`

/** The example of each function that has one, by its name, without the margin of the comment. */
const examples = new Map(
  [...files('src/**/*.ts').values()].flatMap((text) =>
    [
      ...text.matchAll(
        /\/\*\*(?:(?!\*\/)[^])*?@example\n(?<code>(?:(?!\*\/)[^])*?)\n \*\/\nexport (?:async )?function (?<name>\w+)/g,
      ),
    ].map(({ groups }) => [groups!.name!, groups!.code!.replaceAll(/^ \* ?/gm, '')] as const),
  ),
)

const functionsOf = (subpath: string): string[] =>
  namesIn(read(`src/exports/${subpath}.ts`)).filter((name) => /^[a-z]\w*$/.test(name))

test.each(['observer', 'sink', 'migrate', 'reconcile'])('every function of changeover/%s has an example', (subpath) => {
  expect(functionsOf(subpath).filter((name) => !examples.has(name))).toEqual([])
})

test('the examples of public functions compile as they are', async () => {
  const subpaths = [...files('src/exports/*.ts').keys()].map((path) => path.replace(/^.*\/(\w+)\.ts$/, '$1'))
  const shown = subpaths.flatMap(functionsOf).filter((name) => examples.has(name))
  const modules = Object.fromEntries(shown.map((name) => [`${name}.ts`, `${examples.get(name)!}\nexport {}\n`]))
  expect(Object.keys(modules).length).toBeGreaterThan(15)
  expect(await compilerSays({ ...modules, 'changeover.config.ts': CONFIG, 'legacy-report.ts': LEGACY_REPORT })).toBe('')
})
