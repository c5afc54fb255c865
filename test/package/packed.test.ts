import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokenLinks } from '../house/markdown-links.ts'
import { install, run, succeed } from './npm.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')
const fixture = (name: string): string => fileURLToPath(new URL(`consumer/${name}`, import.meta.url))

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest

/** Names that each subpath must export at run time, among others. */
const SURFACE: Readonly<Record<string, readonly string[]>> = {
  changeover: ['ChangeoverError', 'column', 'defineConfig', 'defineMigration', 'dimension', 'fact', 'report'],
  'changeover/observer': ['observe'],
  'changeover/sink': ['createSink', 'lambdaHandler'],
  'changeover/migrate': ['migrate'],
  'changeover/reconcile': ['reconcile'],
  'changeover/queue': ['memoryQueue', 'sqs'],
  'changeover/flags': ['fixedFlags', 'unleashFlags'],
  'changeover/testing': ['checkConvergence', 'memoryWarehouse'],
  'changeover/warehouse': ['memoryWarehouse', 'mysqlWarehouse'],
}
const LIGHT = ['changeover', 'changeover/observer', 'changeover/queue', 'changeover/flags']

let folder = ''
let tarball = ''
let published: readonly string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changeover-packed-'))
  if (!existsSync(join(root, 'dist'))) await succeed(root, 'npm', ['run', 'build'])
  // Without its scripts, which would rebuild dist/ while other suites use it.
  const packed = await succeed(root, 'npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder])
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }]
  tarball = join(folder, filename)
  published = files.map(({ path }) => path)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Creates an application's folder with these packages installed. */
async function application(name: string, packages: readonly string[], fixtures: readonly string[]): Promise<string> {
  const home = join(folder, name)
  await mkdir(home)
  await writeFile(join(home, 'package.json'), '{ "private": true, "type": "module" }')
  await Promise.all(fixtures.map((file) => copyFile(fixture(file), join(home, file))))
  await install(home, packages)
  return home
}

describe('the tarball', () => {
  test('contains the needed files and no others', () => {
    expect(published).toContain('dist/cli/bin.js')
    expect(published).toContain('LICENSE')
    const fits = /^(dist\/.*\.(js|d\.ts)|docs\/.*|(README|CHANGELOG)\.md|LICENSE|package\.json)$/
    expect(published.filter((path) => !fits.test(path))).toEqual([])
    expect(published.filter((path) => /(^|\/)(src|test|tests|__tests__)\/|\.(test|spec)\./.test(path))).toEqual([])
  })

  test('the links of its documentation lead to files and headings in it', async () => {
    const pages = published.filter((path) => path.endsWith('.md'))
    const texts = await Promise.all(
      pages.map(async (path) => [path, await readFile(join(root, path), 'utf8')] as const),
    )
    expect(brokenLinks(new Map(texts), (path) => published.includes(path))).toEqual([])
  })

  test('publint finds nothing', async () => {
    const { buffer } = new Uint8Array(await readFile(tarball))
    const { messages } = await publint({ pack: { tarball: buffer }, strict: true })
    expect(messages).toEqual([])
  })

  test('are-the-types-wrong finds nothing', async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    // It exits with 1 when it finds something. The profile leaves out older resolutions and require() from TypeScript.
    await succeed(folder, process.execPath, [attw, tarball, '--profile', 'esm-only', '--format', 'ascii'])
  })
})

describe('installed, with nothing else', () => {
  let home = ''
  beforeAll(async () => {
    home = await application('bare', [tarball], ['probe.mjs', 'old-node.mjs'])
  }, 180_000)

  interface Probe {
    readonly names: readonly string[]
    readonly packages: readonly string[]
    readonly isUntouched: boolean
  }

  /** Loads a subpath in a separate process, which must end by itself. */
  async function probe(how: 'import' | 'require', specifier: string): Promise<Probe> {
    const { code, stdout, stderr } = await run(home, process.execPath, ['probe.mjs', how, specifier], {
      timeoutMs: 20_000,
    })
    expect({ code, stderr }, `${how} of ${specifier}`).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout) as Probe
  }

  test('no file contains a path of the machine that built it', async () => {
    const place = new RegExp(`file:///|(?<![\\w.-])(/home/|/Users/|${root.replace(/\W/g, '\\$&')}[/\\\\])`)
    const texts = published.map(async (path) => {
      const text = await readFile(join(home, 'node_modules/changeover', path), 'utf8')
      return place.test(text) ? path : undefined
    })
    expect((await Promise.all(texts)).filter((path) => path !== undefined)).toEqual([])
  })

  test('optional peers are not installed', async () => {
    const installed = await readdir(join(home, 'node_modules'))
    expect(installed).toEqual(expect.arrayContaining(['bson', 'changeover', 'commander', 'kysely', 'mysql2']))
    const optional = Object.keys(manifest.peerDependencies).filter((name) => name !== 'bson')
    expect(installed.filter((name) => optional.some((peer) => peer.split('/')[0] === name))).toEqual([])
  })

  test('every exported subpath is tested', () => {
    const subpaths = Object.keys(manifest.exports).filter((subpath) => subpath !== './package.json')
    const order = subpaths.map((subpath) => subpath.replace(/^\./, 'changeover'))
    expect(order).toEqual(Object.keys(SURFACE).toSorted((a, b) => order.indexOf(a) - order.indexOf(b)))
  })

  test.each(Object.entries(SURFACE))(
    '%s loads by import and by require, without side effects',
    async (specifier, names) => {
      const [imported, required] = await Promise.all([probe('import', specifier), probe('require', specifier)])
      expect(imported.names).toEqual(expect.arrayContaining([...names]))
      expect(required.names).toEqual(imported.names)
      expect([imported.isUntouched, required.isUntouched]).toEqual([true, true])
    },
  )

  test.each(LIGHT)('%s does not load mysql2 or kysely', async (specifier) => {
    const { packages } = await probe('import', specifier)
    expect(packages).toContain('changeover')
    expect(packages).not.toContain('mysql2')
    expect(packages).not.toContain('kysely')
  })

  test('the check for mysql2 and kysely detects a subpath that loads them', async () => {
    for (const how of ['import', 'require'] as const) {
      expect((await probe(how, 'changeover/warehouse')).packages).toEqual(expect.arrayContaining(['kysely', 'mysql2']))
    }
  })

  test('checkConvergence without fast-check says what to install', async () => {
    const script = `
      import { checkConvergence, memoryWarehouse } from 'changeover/testing'
      await checkConvergence({}, [{ _id: 1 }], memoryWarehouse()).catch(({ code, message, remedy }) => console.log(code, message, remedy))`
    const said = await succeed(home, process.execPath, ['--input-type=module', '-e', script])
    expect(said).toBe(
      'CONFIG The package fast-check is not installed, and checkConvergence needs it. Run: npm install fast-check\n',
    )
  })

  test('a file that is not exported cannot be imported', async () => {
    const { code, stderr } = await run(home, process.execPath, ['probe.mjs', 'import', 'changeover/dist/core/retry.js'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('ERR_PACKAGE_PATH_NOT_EXPORTED') })
  })

  test('npx changeover --help prints the usage', async () => {
    const { code, stdout } = await run(home, 'npx', ['--no', '--', 'changeover', '--help'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Usage: changeover') })
  })

  test('a command starts and reports the missing config', async () => {
    const { code, stdout, stderr } = await run(home, 'npx', ['--no', '--', 'changeover', 'apply'])
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('does not exist'),
    })
  })

  test('an old Node prints one error message: that it is too old', async () => {
    const bin = join(home, 'node_modules/changeover/dist/cli/bin.js')
    const simulated = ['12.22.12', '20.19.5', '22.17.1'].map(async (version) => {
      const args = ['--import', './old-node.mjs', bin, '--help']
      return [version, await run(home, process.execPath, args, { env: { SIMULATED_NODE: version } })] as const
    })
    const real = (await oldNodes()).map(async ({ program, version }) => {
      return [version, await run(home, program, [bin, '--help'])] as const
    })
    for (const [version, ended] of await Promise.all([...simulated, ...real])) {
      const stderr = `changeover: this is Node ${version}; changeover requires Node 22.18 or later. Install a newer Node and try again.\n`
      expect(ended).toEqual({ code: 2, stdout: '', stderr })
    }
  })
})

describe('installed in a TypeScript application', () => {
  test("a user's code and the whole package type-check", async () => {
    const used = ['@aws-sdk/client-sqs', 'fast-check', '@types/node', 'mongodb', 'unleash-client']
    const versions = used.map((name) => `${name}@${manifest.devDependencies[name]}`)
    const home = await application('typescript', [tarball, ...versions], ['host.ts', 'tsconfig.json'])
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { code, stdout } = await run(home, process.execPath, [tsc, '-p', '.', '--pretty', 'false'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  }, 180_000)

  test('the whole package type-checks where no optional peer is installed', async () => {
    const types = `@types/node@${manifest.devDependencies['@types/node']}`
    const home = await application('plain-typescript', [tarball, types], ['tsconfig.json'])
    const imports = Object.keys(SURFACE).map((specifier, i) => `import * as _${i} from '${specifier}'\nvoid _${i}`)
    const used = "export const n: number = _0.DEFAULT_REVISION\nimport { optional } from 'changeover'\nvoid optional"
    await writeFile(join(home, 'host.ts'), `${imports.join('\n')}\n${used}\n`)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { code, stdout } = await run(home, process.execPath, [tsc, '-p', '.', '--pretty', 'false'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  }, 180_000)
})

/** The versions of Node in the PATH that are too old for the package. */
async function oldNodes(): Promise<{ program: string; version: string }[]> {
  const folders = new Set((process.env.PATH ?? '').split(delimiter))
  const programs = [...folders].map((place) => join(place, 'node')).filter((program) => existsSync(program))
  const nodes = await Promise.all(
    programs.map(async (program) => {
      const { code, stdout } = await run(folder, program, ['--version'])
      return { program, version: code === 0 ? stdout.trim().replace(/^v/, '') : '' }
    }),
  )
  return nodes.filter(({ version }) => /^(1[2-9]|20)\./.test(version))
}
