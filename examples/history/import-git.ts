import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { ChangeoverError } from 'changeover'
import { ObjectId } from 'mongodb'
import type { RepositoryEvent } from './events.ts'

/** Prevents looking up a pseudonym in a table of hashed addresses. Change it for a repository that is not public. */
export const PSEUDONYM_SALT = 'changeover/examples/history'

/**
 * The history of the repository at `dir`, as events. There are none when it has no commit yet.
 *
 * It follows first parents from `HEAD`: each commit is compared with the one before it on that line, so a merge contains
 * everything that its branch changed, and the files that exist after the last event are exactly those of `git ls-tree -r HEAD`.
 *
 * @throws ChangeoverError `CONFIG` when git is missing, or `dir` is not a repository that it can read
 */
export async function* eventsOfRepository(
  dir: string,
  options: { signal?: AbortSignal } = {},
): AsyncGenerator<RepositoryEvent> {
  const repository: Repository = { dir, signal: options.signal }
  const head = await headOf(repository)
  if (head === undefined) return
  const log = start(repository, [...LOG, head, '--'])
  const sizes = start(repository, ['cat-file', '--batch-check=%(objectsize)'])
  try {
    const sizeOf = sizeReader(sizes)
    const history = new History()
    for await (const commit of commitsOf(log.output('\0'))) yield* history.eventsOf(commit, await sizeOf(commit.files))
  } finally {
    log.stop()
    sizes.stop()
  }
}

// Porcelain commands follow the user's configuration. These options override what would change the output.
const LOG = `log -z --format=commit%x00%H%x00%P%x00%at%x00%ct%x00%ae --first-parent --reverse --root --raw --numstat
  --diff-merges=first-parent --no-renames --no-abbrev --no-relative --no-show-signature --no-color --encoding=UTF-8
  --diff-algorithm=default --ignore-submodules=none -O/dev/null`.split(/\s+/)

interface Commit {
  id: string
  isMerge: boolean
  /** Seconds, as git prints them; empty or out of range in a damaged commit. */
  authored: string
  committed: string
  mail: string
  files: FileChange[]
}

interface FileChange {
  path: string
  status: string
  mode: string
  blob: string
  insertions: number | null
  deletions: number | null
}

/** Parses the output of `LOG`. A path can look like anything, so the meaning of a token depends on the one before it. */
async function* commitsOf(tokens: AsyncGenerator<string>): AsyncGenerator<Commit> {
  const next = async (): Promise<string> => (await tokens.next()).value ?? ''
  let commit: Commit | undefined
  let changes = new Map<string, FileChange>()
  for await (const token of tokens) {
    if (token === 'commit') {
      if (commit) yield commit
      const [id, parents, authored, committed] = [await next(), await next(), await next(), await next()]
      commit = { id, isMerge: parents.includes(' '), authored, committed, mail: textOf(await next()), files: [] }
      changes = new Map()
    } else if (/^\n?:/.test(token)) {
      const [, mode = '', , blob = '', status = ''] = token.split(' ')
      const name = await next()
      const change = { path: textOf(name), status, mode, blob, insertions: null, deletions: null }
      changes.set(name, change)
      commit?.files.push(change)
    } else {
      const [insertions = '', deletions = '', ...name] = token.split('\t')
      const change = changes.get(name.join('\t'))
      if (change && insertions !== '-') {
        change.insertions = Number(insertions)
        change.deletions = Number(deletions)
      }
    }
  }
  if (commit) yield commit
}

/** Turns commits into events. Keeps only the known authors and the latest time. */
class History {
  #seq = 0
  #recordedAt = new Date(0)
  readonly #authors = new Set<string>()

  /** The next number, and an id that is the same whenever the same history is read. */
  #number(commit: string): { _id: ObjectId; seq: number } {
    const seq = ++this.#seq
    const id = Buffer.alloc(12)
    id.writeUInt32BE((this.#recordedAt.getTime() / 1000) % 2 ** 32)
    id.write(commit.slice(0, 10), 4, 'hex')
    id.writeUIntBE(seq % 2 ** 24, 9, 3)
    return { _id: new ObjectId(id), seq }
  }

  *eventsOf(commit: Commit, sizes: readonly number[]): Generator<RepositoryEvent> {
    const committed = dateOf(commit.committed) ?? this.#recordedAt
    if (committed > this.#recordedAt) this.#recordedAt = committed
    const { id, files } = commit
    const actor = pseudonymOf(commit.mail)
    const stamp = () => ({ ...this.#number(id), actor, at: dateOf(commit.authored) ?? this.#recordedAt })
    const recordedAt = this.#recordedAt

    if (!this.#authors.has(actor)) {
      this.#authors.add(actor)
      const payload = { mailDomain: domainOf(commit.mail) }
      yield { ...stamp(), type: 'author.created', entity: { kind: 'author', id: actor }, recordedAt, payload }
    }
    const totals = { insertions: sum(files.map((f) => f.insertions)), deletions: sum(files.map((f) => f.deletions)) }
    const summary = { isMerge: commit.isMerge, filesChanged: files.length, ...totals }
    yield { ...stamp(), type: 'commit.created', entity: { kind: 'commit', id }, recordedAt, payload: summary }

    for (const [index, file] of files.entries()) {
      const entity = { kind: 'file', id: file.path } as const
      const lines = { insertions: file.insertions, deletions: file.deletions }
      const content = { commit: id, bytes: sizes[index] ?? 0, blob: file.blob, ...lines }
      if (file.status === 'A') {
        yield { ...stamp(), type: 'file.created', entity, recordedAt, payload: { mode: file.mode, ...content } }
      } else if (file.status === 'D') {
        yield { ...stamp(), type: 'file.deleted', entity, recordedAt, payload: { commit: id, ...lines } }
      } else {
        yield { ...stamp(), type: 'file.edited', entity, recordedAt, payload: content }
      }
    }
  }
}

const sum = (counts: readonly (number | null)[]): number => counts.reduce<number>((total, n) => total + (n ?? 0), 0)

function dateOf(seconds: string): Date | undefined {
  const date = new Date(Number(seconds) * 1000)
  return seconds === '' || Number.isNaN(date.getTime()) ? undefined : date
}

function pseudonymOf(mail: string): string {
  const digest = createHash('sha256').update(`${PSEUDONYM_SALT}\n${mail.toLowerCase()}`).digest('hex')
  return `u_${digest.slice(0, 12)}`
}

/** Null for the name of a machine (`anns-laptop.local`), which identifies a person more often than a provider. */
function domainOf(mail: string): string | null {
  const domain = mail.includes('@') ? mail.slice(mail.lastIndexOf('@') + 1).toLowerCase() : ''
  const isPublic = /^[^\s.]+(\.[^\s.()]+)+$/.test(domain) && !/\.(local|localdomain|lan|home|internal)$/.test(domain)
  return isPublic ? domain : null
}

/** To git, names are bytes. A name that is not UTF-8 is quoted as git does it, so that two names never become the same. */
function textOf(latin1: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'))
  } catch {
    const quoted = latin1.replaceAll(/[^ -~]|["\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)
    return `"${quoted}"`
  }
}

const SUBMODULE = '160000'

/** Gets the sizes of blobs from one long-lived git process; a deleted file and a submodule have none. */
function sizeReader(git: Git): (files: readonly FileChange[]) => Promise<number[]> {
  const answers = git.output('\n')
  return async (files) => {
    const hasSize = (file: FileChange): boolean => file.status !== 'D' && file.mode !== SUBMODULE
    git.ask(files.filter(hasSize).map((file) => `${file.blob}\n`))
    const sizes: number[] = []
    for (const file of files) {
      const size = hasSize(file) ? Number((await answers.next()).value) : 0
      if (Number.isNaN(size)) throw unreadable(git.dir, `the object ${file.blob} is missing`)
      sizes.push(size)
    }
    return sizes
  }
}

interface Repository {
  readonly dir: string
  readonly signal: AbortSignal | undefined
}

interface Git {
  readonly dir: string
  ask(lines: readonly string[]): void
  /** Its output, split, with one character per byte; throws at the end when git failed. */
  output(separator: string): AsyncGenerator<string>
  stop(): void
}

// Inside a hook, git's variables name the repository of the hook.
const FOREIGN = /^GIT_(DIR|COMMON_DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES)$/

function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name))
  return { ...Object.fromEntries(own), LC_ALL: 'C' }
}

function start({ dir, signal }: Repository, args: readonly string[]): Git {
  const child = spawn('git', ['-C', dir, ...args], { env: environment(), ...(signal && { signal }) })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)))
  child.stdin.on('error', () => {}) // git has exited; its exit code says why
  const ended = new Promise<unknown>((resolve) => {
    child
      .on('error', resolve)
      .on('close', (code) => resolve(code === 0 ? undefined : complaint.trim() || 'git was stopped'))
  })
  return {
    dir,
    ask: (lines) => void child.stdin.write(lines.join('')),
    async *output(separator) {
      yield* pieces(child.stdout.setEncoding('latin1'), separator)
      const failure = await ended
      signal?.throwIfAborted()
      if (failure !== undefined) throw unreadable(dir, failure)
    },
    stop: () => void child.kill(),
  }
}

async function* pieces(stream: Readable, separator: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of stream) {
    const parts = (rest + String(chunk)).split(separator)
    rest = parts.pop() ?? ''
    yield* parts
  }
  if (rest !== '') yield rest
}

async function headOf({ dir, signal }: Repository): Promise<string | undefined> {
  const ask = async (...args: string[]): Promise<string> => {
    const options = { env: environment(), ...(signal && { signal }) }
    return (await promisify(execFile)('git', ['-C', dir, 'rev-parse', ...args], options)).stdout.trim()
  }
  await ask('--git-dir').catch((thrown: unknown) => {
    signal?.throwIfAborted()
    throw unreadable(dir, thrown)
  })
  return ask('--quiet', '--verify', 'HEAD').catch(() => {
    signal?.throwIfAborted()
    return undefined
  })
}

function unreadable(dir: string, cause: unknown): ChangeoverError {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
    const remedy = 'Install git (https://git-scm.com) and make sure that it is on the PATH.'
    return new ChangeoverError('CONFIG', `The history of ${dir} requires git, which was not found.`, { remedy, cause })
  }
  const remedy = 'Name the folder of one of your git repositories, complete or cloned with --depth.'
  const why = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
  return new ChangeoverError('CONFIG', `${dir} is not a git repository that can be read: ${why}.`, { remedy, cause })
}
