import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** What the stack may use of a machine. Tests pass one that has less. */
export interface Machine {
  readonly env: NodeJS.ProcessEnv
  readonly isRoot: boolean
  /** Where slow installations are kept between starts. */
  readonly cache: string
  /** The path of the first of these programs that is installed. */
  which(...names: string[]): string | undefined
  /** A `mongod` that `mongodb-memory-server-core` downloaded before. */
  downloadedMongod(): Promise<string | undefined>
  /** Whether a web address answers at all, within 3 seconds. */
  answers(url: string): Promise<boolean>
}

/** Where Debian and its relatives install PostgreSQL, in one folder per version. */
const POSTGRESQL = '/usr/lib/postgresql'

/** Servers are often not in a user's PATH. */
const SERVER_FOLDERS = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/libexec',
  '/opt/homebrew/bin',
  ...['mariadb', 'mysql', 'mongodb-community'].flatMap((name) => [
    `/opt/homebrew/opt/${name}/bin`,
    `/usr/local/opt/${name}/bin`,
  ]),
  ...(existsSync(POSTGRESQL) ? readdirSync(POSTGRESQL) : [])
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => `${POSTGRESQL}/${version}/bin`),
]

export function thisMachine(env: NodeJS.ProcessEnv): Machine {
  const folders = [...(env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...SERVER_FOLDERS]
  return {
    env,
    isRoot: process.getuid?.() === 0,
    cache: join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'changeover-dev'),
    which: (...names) => names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram),
    async downloadedMongod() {
      const { DryMongoBinary } = await import('mongodb-memory-server-core')
      return DryMongoBinary.locateBinary(DryMongoBinary.getEnsuredOptions())
    },
    async answers(url) {
      const answer = fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(3_000) })
      return answer.then(
        () => true,
        () => false,
      )
    },
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
