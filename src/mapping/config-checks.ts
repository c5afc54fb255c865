import { ChangeoverError } from '../core/index.ts'
import { isObject, isPromise, kindOfValue } from './given.ts'
import type { Migration } from './migration.ts'
import type { Report } from './report.ts'

/** The parts of a config that are lists of definitions. */
export interface ConfigLists {
  readonly migrations: readonly Migration[]
  readonly reports: readonly Report[]
}

/**
 * Checks what was given as a config, whatever it is. It goes by shapes, not by classes: the config and the command line may each have
 * loaded their own copy of the package. Throws a ChangeoverError `DEFINITION`.
 */
export function checkConfig(given: unknown): ConfigLists {
  if (!isObject(given) || isPromise(given)) {
    throw new ChangeoverError('DEFINITION', `The config is ${kindOfValue(given)}, not an object.`, {
      remedy: REMEDIES[kindOfValue(given)] ?? WRITE_CONFIG,
    })
  }
  const { migrations, reports = [] } = given
  return {
    migrations: checkList('migrations', migrations, isMigration, migrationRemedy),
    reports: checkList('reports', reports, isReport, reportRemedy),
  }
}

const WRITE_CONFIG = 'Write: export default defineConfig({ migrations: [...], reports: [...] })'
const REMEDIES: Readonly<Record<string, string>> = Object.freeze({
  'a function': 'Call it and export what it gives: export default defineConfig({ ... })',
  'a promise': 'Await it: export default await ...',
})

function checkList<T>(
  list: string,
  given: unknown,
  fits: (value: unknown) => value is T,
  remedyFor: (value: unknown) => string,
): readonly T[] {
  if (!Array.isArray(given)) {
    throw new ChangeoverError('DEFINITION', `The ${list} of the config are ${kindOfValue(given)}, not a list.`, {
      remedy: given === undefined ? WRITE_CONFIG : `Write a list: ${list}: [...].`,
    })
  }
  const values: readonly unknown[] = given
  return Array.from(values, (value, index) => {
    if (fits(value)) return value
    const what = `${list}[${index}] of the config is ${kindOfValue(value)}, not a ${list.slice(0, -1)}.`
    throw new ChangeoverError('DEFINITION', what, { remedy: remedyFor(value) })
  })
}

function isMigration(value: unknown): value is Migration {
  return (
    isObject(value) &&
    typeof value['name'] === 'string' &&
    value['handlers'] instanceof Map &&
    isObject(value['source']) &&
    isObject(value['tables'])
  )
}

function migrationRemedy(value: unknown): string {
  if (typeof value === 'function') return 'defineMigration is called twice: defineMigration<Event>()({ name, ... })'
  if (isObject(value) && 'on' in value) return 'Wrap it: defineMigration<Event>()({ name, ... })'
  return 'List what defineMigration<Event>()(...) gives. An import cycle may have left it undefined.'
}

function isReport(value: unknown): value is Report {
  return (
    isObject(value) &&
    typeof value['name'] === 'string' &&
    Array.isArray(value['key']) &&
    ['legacy', 'warehouse', 'resolveParams'].every((method) => typeof value[method] === 'function')
  )
}

function reportRemedy(value: unknown): string {
  if (isObject(value) && 'legacy' in value) return "Wrap it: report('name', { key, legacy, warehouse })"
  return 'List what report(...) gives. An import cycle may have left it undefined.'
}
