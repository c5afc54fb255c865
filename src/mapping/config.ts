import { ChangeoverError } from '../core/errors.ts'
import type { AnyTable } from '../star/table.ts'
import type { Migration } from './migration.ts'
import type { Report } from './report.ts'

/** What the command line works with. Connections come from the environment, never from here. */
export interface Config {
  readonly migrations: readonly Migration[]
  readonly reports: readonly Report[]
}

/** Defines the config that `changeover.config.ts` exports. Throws a ChangeoverError `DEFINITION`. */
export function defineConfig(config: {
  readonly migrations: readonly Migration[]
  readonly reports?: readonly Report[]
}): Config {
  const { migrations, reports = [] } = config
  unique('migrations', migrations)
  unique('reports', reports)
  const tables = new Map<string, AnyTable>()
  for (const table of tablesOf(migrations)) {
    const known = tables.get(table.name)
    if (known !== undefined && known !== table) {
      throw new ChangeoverError('DEFINITION', `Two definitions are both named ${table.name}.`, {
        remedy: 'Share one definition between the migrations, or name them apart.',
      })
    }
    tables.set(table.name, table)
  }
  return Object.freeze({ migrations: [...migrations], reports: [...reports] })
}

/** The tables of all migrations, each once. */
export function tablesOf(migrations: readonly Migration[]): AnyTable[] {
  return [...new Set(migrations.flatMap((migration) => Object.values(migration.tables)))]
}

function unique(what: string, named: readonly { readonly name: string }[]): void {
  const names = named.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new ChangeoverError('DEFINITION', `The config has two ${what} named ${twice}.`)
}
