import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freshMongo, freshSchema } from '../support/fresh.ts'
import { expectComplaint, HISTORY, runCli, type Env } from './run-cli.ts'

const PACKAGE = pathToFileURL(fileURLToPath(new URL('../../dist/exports/index.js', import.meta.url))).href
const HISTORY_MIGRATION = pathToFileURL(HISTORY.replace('changeover.config.ts', 'migration.ts')).href

/** What the configs below may use; on one line, so that the lines of a config count from 2. */
const IMPORTS = `import { column as c, defineConfig, defineMigration, dimension, fact, report } from '${PACKAGE}'; import { history } from '${HISTORY_MIGRATION}'; const thing = dimension('thing', { key: { id: c.int() } }); const source = { collection: 'events', type: 'type', order: 'seq', time: 'at' };\n`

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changeover-configs-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let made = 0
async function written(text: string, extension = 'ts'): Promise<string> {
  const path = join(folder, `wrong-${made++}.config.${extension}`)
  await writeFile(path, text)
  return path
}

const nowhere = { MYSQL_URL: 'mysql://u:hush-hush@127.0.0.1:1/w', MONGODB_URL: 'mongodb://u:hush-hush@127.0.0.1:1/app' }

describe('a wrong config', () => {
  it.each<[string, string, (string | RegExp)[]]>([
    // What is exported.
    [
      'a default export of undefined',
      'export default undefined',
      ['does not export a config', 'export default define'],
    ],
    ['no default export', 'export const config = 1', ['does not export a config', 'export default define']],
    ['a number', 'export default 7', ['The config is a number', 'export default define']],
    ['null', 'export default null', ['The config is nothing', 'export default define']],
    ['a function', 'export default () => defineConfig({ migrations: [history] })', ['is a function', 'Call it']],
    ['a promise', 'export default Promise.resolve(defineConfig({ migrations: [history] }))', ['a promise', 'Await it']],
    [
      'a throwing getter',
      "export default { get migrations() { throw new Error('odd') } }",
      [/ts:2 .*odd/, 'plain values'],
    ],
    [
      'migrations that are numbers',
      'export default { migrations: [1] }',
      ['migrations[0]', 'a number', 'defineMigration'],
    ],
    [
      'migrations that are no list',
      'export default { migrations: history }',
      ['an object, not a list', 'migrations: ['],
    ],
    ['a report that is none', 'export default { migrations: [history], reports: [{}] }', ['reports[0]', 'report(']],
    // defineConfig
    ['defineConfig()', 'export default defineConfig()', [/ts:2 .*is nothing/, 'defineConfig({ migrations']],
    [
      'defineConfig with numbers',
      'export default defineConfig({ migrations: [1] })',
      [/ts:2 .*migrations\[0\]/, 'List'],
    ],
    [
      'an undefined migration',
      'export default defineConfig({ migrations: [undefined] })',
      ['is nothing', 'import cycle'],
    ],
    [
      'a raw migration',
      "export default defineConfig({ migrations: [{ name: 'a', on: {} }] })",
      ['an object', 'Wrap it'],
    ],
    ['a raw report', 'export default defineConfig({ migrations: [history], reports: [{ legacy() {} }] })', ['Wrap it']],
    [
      'a wrong calendar',
      "export default defineConfig({ migrations: [], calendar: 'x' })",
      [/ts:2 .*calendar/, 'YYYY-MM-DD'],
    ],
    // defineMigration
    [
      'defineMigration called once',
      "export default defineConfig({ migrations: [defineMigration({ name: 'a' })] })",
      [/ts:2 /, 'twice'],
    ],
    [
      'defineMigration() as a migration',
      'export default defineConfig({ migrations: [defineMigration()] })',
      ['a function', 'twice'],
    ],
    ['a migration of nothing', 'defineMigration()()', [/ts:2 .*was given nothing/, 'twice']],
    [
      'a migration without a name',
      'defineMigration()({})',
      [/ts:2 .*migration name undefined is not a valid name/, 'letter'],
    ],
    [
      'a migration without a source',
      "defineMigration()({ name: 'a', tables: { thing }, on: {} })",
      ['The source of the migration a is nothing', 'source: {'],
    ],
    [
      'a migration without tables',
      "defineMigration()({ name: 'a', source, on: {} })",
      ['The tables of the migration a', 'tables: {'],
    ],
    [
      'a migration without handlers',
      "defineMigration()({ name: 'a', source, tables: { thing } })",
      ['The on of the migration a', 'on: {'],
    ],
    [
      'a table that is none',
      "defineMigration()({ name: 'a', source, tables: { thing: 1 }, on: {} })",
      ['not a table', 'dimension('],
    ],
    [
      'an undefined handler',
      "defineMigration()({ name: 'a', source, tables: { thing }, on: { x: undefined } })",
      ['no handler for x', 'ignore'],
    ],
    // report
    ["report('r', {})", "report('r', {})", [/ts:2 .*The report r has no key/, "key: ['day']"]],
    ["report('r')", "report('r')", ['The report r is defined by nothing', 'legacy, warehouse']],
    ['a report without a name', 'report()', ['report name undefined is not a valid name', 'letter']],
    ['a report without its old side', "report('r', { key: ['id'] })", ['no legacy function', 'legacy: (params']],
    [
      'a report without its new side',
      "report('r', { key: ['id'], legacy: () => [] })",
      ['no warehouse function', 'selectFrom'],
    ],
    // What a config does on import.
    [
      'a syntax error',
      'export default {\n  migrations: [\n}',
      [/config\.ts:4 cannot be loaded: Expression expected/, 'syntax'],
    ],
    ['syntax that needs a compiler', 'enum Kind { a }', [/config\.ts:2 .*enum/, 'without enum']],
    ['an import of a file that is not there', "import './nowhere.ts'", ['nowhere.ts', 'Check the path']],
    ['an import of a package that is not there', "import 'no-such-package-at-all'", ['no-such-package', 'install']],
    [
      'an import of a name that is not there',
      "import { nope } from 'node:fs'",
      ["export named 'nope'", 'Correct the import'],
    ],
    ['an error', "\n\nthrow new Error('odd')", [/config\.ts:4 cannot be loaded: odd\. /, 'must not fail']],
    ['an error without a message', 'throw new Error()', [/cannot be loaded: Error\. /]],
    ['a string that is thrown', "throw 'odd'", ['it throws "odd"']],
    ['an object that is thrown', 'throw { odd: 1 }', ['it throws an object, not an error']],
    ['undefined that is thrown', 'throw undefined', ['it throws nothing, not an error']],
    [
      'an error in a timer',
      "setTimeout(() => { throw new Error('odd') })\nawait new Promise((f) => setTimeout(f, 5000))",
      ['odd', 'timers'],
    ],
    [
      'a rejection that is not caught',
      "Promise.reject(new Error('odd'))\nawait new Promise((f) => setTimeout(f, 5000))",
      ['odd', 'promises'],
    ],
    ['a call of process.exit(0)', 'process.exit(0)', ['exit code 0', 'process.exit']],
    [
      'an exit code of 0 and a promise that never settles',
      'process.exitCode = 0\nawait new Promise(() => {})',
      ['never ends', 'never settled'],
    ],
    // Secrets that it throws.
    [
      'an address in an error',
      "throw new Error('no mysql://me:hush-hush@db/x')",
      ['no mysql://me@db/x', /^(?!.*hush)/],
    ],
    [
      'a variable in an error',
      "throw new Error('bad key: ' + process.env.CHANGEOVER_HMAC_KEY)",
      ['bad key: ***', /^(?!.*hush)/],
    ],
  ])('gets one sentence with its place and a remedy: %s', async (_, text, names) => {
    const path = await written(`${IMPORTS}${text}\n`)
    const ended = await runCli(['plan', '-c', path], { ...nowhere, CHANGEOVER_HMAC_KEY: 'hush-a-key' })
    expectComplaint(ended, path, ...names)
  })

  it('gets the line of a syntax error in plain JavaScript too', async () => {
    const path = await written('export default {\n  migrations: ]\n}', 'mjs')
    expectComplaint(await runCli(['plan', '-c', path], nowhere), `${path}:2 cannot be loaded`, 'Correct the syntax')
  })

  it('gets the place of an error in a file that it imports', async () => {
    const broken = await written("\nthrow new Error('odd')\n")
    const path = await written(`import '${pathToFileURL(broken).href}'`)
    expectComplaint(await runCli(['plan', '-c', path], nowhere), path, `${broken}:2`, 'odd')
  })

  it('is a folder', async () => {
    expectComplaint(await runCli(['plan', '-c', folder], nowhere), folder, 'is not a file', '--config')
  })

  it('shows where it failed with --verbose, without secrets', async () => {
    const path = await written("function connect() { throw new Error('mysql://me:hush-hush@db/x') }\nconnect()\n")
    const { code, stderr } = await runCli(['plan', '-c', path, '--verbose'], nowhere)
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(`${path}:1`) as unknown })
    expect(stderr).toContain('Caused by: Error: mysql://me@db/x')
    expect(stderr).not.toContain('hush')
  })
})

describe('a report that gives no rows', () => {
  const report = (legacy: string, warehouse = '() => []'): string =>
    `export default defineConfig({ migrations: [history], reports: [report('r', { key: ['id'], legacy: ${legacy}, warehouse: ${warehouse} })] })`

  it.each<[string, string, (string | RegExp)[]]>([
    ['undefined', report('() => {}'), ['legacy side of the report r gives nothing, not rows', 'array of rows']],
    ['a string', report("() => 'rows'"), ['gives a string, not rows', 'array of rows']],
    ['a cursor', report("(_, { mongo }) => mongo.collection('a').find()"), ['gives a cursor, not rows', '.toArray()']],
    ['a row that is null', report('() => [null]'), ['gives nothing as row 0', 'object']],
    ['undefined on the new side', report('() => []', '() => {}'), ['warehouse side of the report r gives nothing']],
    ['a number on the new side', report('() => []', '() => 7'), ['warehouse side of the report r gives a number']],
    ['an error with a secret', report("() => { throw new Error('mongodb://a:hush-hush@b/c') }"), ['mongodb://a@b/c']],
    [
      'a misspelt column',
      report('() => []', "(_, db) => db.selectFrom('commit').select('nope')"),
      ['nope', 'correct it there'],
    ],
    [
      'a misspelt view',
      report('() => []', "(_, db) => db.selectFrom('nope').selectAll()"),
      ['nope', 'view of the warehouse'],
    ],
  ])('fails with a sentence and a remedy: %s', async (_, text, names) => {
    await using schema = await freshSchema()
    await using mongo = await freshMongo()
    const path = await written(`${IMPORTS}${text}\n`)
    const env = { MYSQL_URL: schema.url, MONGODB_URL: mongo.url }
    await runCli(['apply', '-c', path], env)
    const ended = await runCli(['reconcile', '-c', path], env)
    expect(ended).toMatchObject({ code: 2, stderr: '' })
    expect(ended.stdout).toMatch(/^r: failed: .*\n$/)
    for (const name of names) expect(ended.stdout).toMatch(name)
    expect(ended.stdout).not.toMatch(/hush|create the database/i)
  })
})

describe('a wrong address', () => {
  const mysql = (change: (url: URL) => void): Env => {
    const url = new URL(inject('mysqlUrl'))
    url.pathname = '/no_such'
    change(url)
    return { MYSQL_URL: url.href }
  }

  it.each<[string, () => Env, (string | RegExp)[]]>([
    ['a % that encodes nothing', () => ({ MYSQL_URL: 'mysql://u:hush%hush@127.0.0.1/w' }), ['password', '%25']],
    ['a % in the database', () => ({ MYSQL_URL: 'mysql://u:hush-hush@127.0.0.1/w%' }), ['database', '%25']],
    ['no TLS setting', () => mysql((url) => (url.search = '?ssl=x')), ['option ssl', '?ssl={}']],
    ['ssl=true', () => mysql((url) => (url.search = '?ssl=true')), ['option ssl', '?ssl={}']],
    ['an unknown option', () => mysql((url) => (url.search = '?sslmode=require')), ['"sslmode"', 'ssl']],
    ['an option that is set already', () => mysql((url) => (url.search = '?multipleStatements=true')), ['Remove it']],
    [
      // Some servers have no TLS, others a certificate of their own making.
      'TLS that cannot be had',
      () => mysql((url) => (url.search = '?ssl={}')),
      [/does not support secure connection.*Turn TLS on|certificate.*the authority that signed/],
    ],
    ['a database with a dot', () => mysql((url) => (url.pathname = '/my.db')), ['"my.db"', 'letters, digits']],
    ['no database', () => mysql((url) => (url.pathname = '')), ['names no database', 'behind the host']],
    ...['mysql', 'information_schema', 'performance_schema', 'sys', 'MySQL'].map(
      (name): [string, () => Env, (string | RegExp)[]] => [
        `the database ${name}`,
        () => mysql((url) => (url.pathname = `/${name}`)),
        [`"${name}"`, 'a database of its own'],
      ],
    ),
    [
      'a database that does not exist',
      () => mysql((url) => (url.pathname = '/no_such')),
      ['no_such', 'Create the database'],
    ],
    [
      'a wrong password',
      () => mysql((url) => ([url.username, url.password] = ['no_one', 'hush-hush'])),
      [/denied/i, 'Check the user and the password'],
    ],
  ])('gets one sentence with a remedy: %s', async (_, env, names) => {
    expectComplaint(await runCli(['plan', '-c', HISTORY], env()), ...names, /^(?!.*hush)/)
  })

  it('gets one sentence with a remedy: SQS_ENDPOINT is not a URL', async () => {
    await using schema = await freshSchema()
    const env = { MYSQL_URL: schema.url, SQS_QUEUE_URL: 'http://127.0.0.1/0/q', SQS_ENDPOINT: 'localhost' }
    expectComplaint(await runCli(['sink', '-c', HISTORY], env), 'SQS_ENDPOINT is not a URL', 'unset it')
  })
})
