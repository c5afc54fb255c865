import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ChangeoverError, codeOf, messageOf } from '../core/index.ts'
import { checkConfig, isPromise, kindOfValue, type Config } from '../mapping/index.ts'
import { asSentence } from './complaint.ts'
import { placeIn, type Place } from './place.ts'

/** Loads the config and checks it. Throws a ChangeoverError `CONFIG` that names the file, the line where there is one, and a remedy. */
export async function loadConfig(file: string): Promise<Config> {
  const path = resolve(file)
  checkFile(path)
  const module = (await import(pathToFileURL(path).href).catch((thrown: unknown) => {
    throw notLoaded(path, thrown)
  })) as { readonly default?: unknown }
  return configIn(path, module.default)
}

const WRITE = 'Write: export default defineConfig({ migrations: [...], reports: [...] })'

function checkFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile()) return
  const what = found === undefined ? 'does not exist' : 'is not a file'
  throw new ChangeoverError('CONFIG', `The config ${path} ${what}.`, {
    remedy: 'Change to the folder that contains it, or name it with --config FILE.',
  })
}

/** What a config file exports, checked. */
function configIn(path: string, exported: unknown): Config {
  try {
    if (exported === undefined || isUnlike(exported)) {
      throw new ChangeoverError('CONFIG', `The config ${path} does not export a config.`, { remedy: WRITE })
    }
    // A promise has a remedy of its own; it must not reject unheard.
    if (isPromise(exported)) Promise.resolve(exported).catch(() => {})
    const lists = checkConfig(exported)
    return { ...lists, calendar: (exported as Partial<Config>).calendar }
  } catch (thrown) {
    if (thrown instanceof ChangeoverError && thrown.code === 'CONFIG') throw thrown
    if (thrown instanceof ChangeoverError) {
      throw new ChangeoverError('CONFIG', `The config ${path} is wrong: ${thrown.message}`, {
        cause: thrown,
        remedy: thrown.remedy ?? WRITE,
      })
    }
    throw new ChangeoverError('CONFIG', `The config ${at(path, thrown)} cannot be read: ${saidBy(thrown)}`, {
      cause: thrown,
      remedy: 'Export plain values: reading a config must not fail.',
    })
  }
}

/** An object with nothing of a config in it. */
function isUnlike(exported: unknown): boolean {
  return kindOfValue(exported) === 'an object' && !Object.hasOwn(exported as object, 'migrations')
}

function notLoaded(path: string, thrown: unknown): ChangeoverError {
  const place = placeIn(thrown) ?? checkedPlace(path, thrown)
  const where = place === undefined ? path : place.file === path ? `${path}:${place.line}` : path
  const elsewhere = place === undefined || place.file === path ? '' : ` (in ${place.file}:${place.line})`
  const said = saidBy(thrown)
  return new ChangeoverError('CONFIG', `The config ${where} cannot be loaded${elsewhere}: ${said}`, {
    cause: thrown,
    remedy: remedyOf(thrown),
  })
}

function saidBy(thrown: unknown): string {
  if (thrown instanceof Error) return asSentence(messageOf(thrown))
  if (typeof thrown === 'string') return asSentence(`it throws ${JSON.stringify(messageOf(thrown))}`)
  return `it throws ${kindOfValue(thrown)}, not an error.`
}

function at(path: string, thrown: unknown): string {
  const place = placeIn(thrown)
  return place?.file === path ? `${path}:${place.line}` : path
}

/** Node keeps the place of a syntax error in a JavaScript module to itself; its check of a file tells. */
function checkedPlace(path: string, thrown: unknown): Place | undefined {
  if (!(thrown instanceof SyntaxError)) return undefined
  const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: 5000 })
  const line = stderr.split('\n').find((text) => text.startsWith(`${path}:`) || text.includes(`${path}:`))
  const number = /:(\d+)$/.exec(line ?? '')?.[1]
  return number === undefined ? undefined : { file: path, line: Number(number) }
}

const REMEDIES: Readonly<Record<string, string>> = Object.freeze({
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    'Node runs TypeScript by removing its types: write it without enum, namespace and parameter properties.',
  ERR_MODULE_NOT_FOUND: 'Check the path, with its extension, or install the package.',
  ERR_UNKNOWN_FILE_EXTENSION: 'Name a config that ends in .ts, .mts, .js or .mjs.',
  ERR_PACKAGE_PATH_NOT_EXPORTED: 'Import what the package exports.',
})

function remedyOf(thrown: unknown): string {
  if (thrown instanceof ChangeoverError && thrown.remedy) return thrown.remedy
  const known = REMEDIES[String(codeOf(thrown))]
  if (known !== undefined) return known
  if (thrown instanceof SyntaxError && messageOf(thrown).includes('does not provide an export')) {
    return 'Correct the import, or write import type if it is a type.'
  }
  if (thrown instanceof SyntaxError) return 'Correct the syntax there.'
  return 'Correct it there: importing a config must not fail.'
}
