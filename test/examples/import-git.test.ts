import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { eventsOfRepository } from '../../examples/history/import-git.ts'
import { replay } from './replay.ts'

const root = mkdtempSync(join(tmpdir(), 'changeover-git-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A repository that ignores the configuration of the user who runs the tests. */
class Repository {
  readonly dir: string
  #clock = 1_000_000_000

  constructor(name: string) {
    this.dir = join(root, name)
    mkdirSync(this.dir)
    this.git('init', '--quiet', '--initial-branch=main')
  }

  git(...args: string[]): string {
    return gitIn(this.dir, args)
  }

  write(path: string, content: string | Buffer): this {
    mkdirSync(dirname(join(this.dir, path)), { recursive: true })
    writeFileSync(join(this.dir, path), content)
    return this
  }

  commit(mail = 'Ann.Example@Mail.Example.org', clocks: { skew?: number; step?: number } = {}): string {
    this.#clock += clocks.step ?? 60
    this.git('add', '--all')
    const dates = {
      GIT_AUTHOR_DATE: `@${this.#clock - (clocks.skew ?? 0)} +0200`,
      GIT_COMMITTER_DATE: `@${this.#clock} +0200`,
    }
    gitIn(this.dir, ['commit', '--quiet', '--allow-empty', '-m', 'work'], { ...dates, GIT_AUTHOR_EMAIL: mail })
    return this.git('rev-parse', 'HEAD').trim()
  }
}

function gitIn(dir: string, args: string[], env: Record<string, string> = {}): string {
  const person = { GIT_AUTHOR_NAME: 'Ann Example', GIT_COMMITTER_NAME: 'Ann Example', GIT_COMMITTER_EMAIL: 'ann@x.org' }
  const calm = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_EMAIL: 'ann@x.org' }
  const options = { env: { PATH: process.env['PATH'], ...person, ...calm, ...env }, encoding: 'utf8' } as const
  return execFileSync('git', ['-C', dir, '-c', 'protocol.file.allow=always', ...args], { ...options, stdio: 'pipe' })
}

/** The expected result: the files at `HEAD` according to git. */
function filesAtHead(dir: string): Map<string, number> {
  const entries = gitIn(dir, ['ls-tree', '-r', '-l', '-z', '--full-tree', 'HEAD']).split('\0').filter(Boolean)
  return new Map(
    entries.map((entry) => {
      const [meta = '', ...path] = entry.split('\t')
      const size = meta.split(/ +/)[3]
      return [path.join('\t'), size === '-' ? 0 : Number(size)]
    }),
  )
}

describe('eventsOfRepository', () => {
  const odd = [
    'a\nb\tc',
    'quo"te\'s',
    'ünïcode ☃/大赛.txt',
    '-dash',
    ':100644 x',
    'commit',
    '1\t2\tlines',
    ' ',
    'back\\slash',
  ]
  let repo: Repository
  beforeAll(() => {
    repo = new Repository('busy')
    for (const path of [...odd, 'gone', 'kept', 'turns']) repo.write(path, `${path}\n`)
    repo.write('binary', Buffer.from([0, 1, 2])).commit()
    repo.git('checkout', '--quiet', '-b', 'branch')
    repo.write('kept', 'on the branch\n').write('branch/new', 'one\ntwo\n').commit('bob@localhost', { skew: 86_400 })
    repo.git('rm', '--quiet', 'binary')
    repo.commit('bob@localhost')
    repo.git('checkout', '--quiet', 'main')
    repo.git('rm', '--quiet', 'gone')
    repo.commit('ANN.example@mail.example.org')
    repo.write('gone', 'and back again\n').commit('no-mail', { step: -7200 })
    repo.git('merge', '--quiet', '--no-ff', '--no-commit', 'branch')
    repo.commit(undefined, { step: 7200 })
    rmSync(join(repo.dir, 'turns'))
    symlinkSync('kept', join(repo.dir, 'turns'))
    repo.git('mv', 'kept', 'moved')
    repo.commit()
    repo.commit()
  })

  it('ends with exactly the files of HEAD, whatever their names', async () => {
    const { live, faults } = await replay(eventsOfRepository(repo.dir))
    expect(faults).toEqual([])
    expect(live).toEqual(filesAtHead(repo.dir))
    expect([...live.keys()]).toEqual(expect.arrayContaining(odd))
  })

  it('reports the changes of a branch at its merge, with deletions and re-creations', async () => {
    const { events } = await replay(eventsOfRepository(repo.dir))
    const commits = events.filter((event) => event.type === 'commit.created')
    expect(commits.map(({ payload }) => [payload.isMerge, payload.filesChanged])).toEqual([
      [false, odd.length + 4],
      [false, 1],
      [false, 1],
      [true, 3],
      [false, 3],
      [false, 0],
    ])
    expect(commits[3]?.payload).toMatchObject({ insertions: 3, deletions: 1 })
    expect(events.filter(({ entity }) => entity.id === 'gone').map(({ type }) => type)).toEqual([
      'file.created',
      'file.deleted',
      'file.created',
    ])
    const binary = events.find(({ entity }) => entity.id === 'binary')
    expect(binary?.payload).toMatchObject({ bytes: 3, insertions: null, deletions: null, mode: '100644' })
  })

  it('keeps the clock of the author unchanged, and makes that of the committer monotone', async () => {
    const { events } = await replay(eventsOfRepository(repo.dir))
    const back = events.filter((event) => event.type === 'commit.created')[2]
    const lag = Number(back?.recordedAt) - Number(back?.at)
    expect(lag).toBe(7_200_000)
  })

  it('stores no names or addresses: one pseudonym per address, and only public domains', async () => {
    const { events } = await replay(eventsOfRepository(repo.dir))
    expect(JSON.stringify(events)).not.toMatch(/ann|bob|no-mail|localhost|@/i)
    const authors = events.filter((event) => event.type === 'author.created')
    expect(authors.map(({ payload }) => payload.mailDomain)).toEqual(['mail.example.org', null])
    for (const { entity } of authors) expect(entity.id).toMatch(/^u_[0-9a-f]{12}$/)
  })

  it('makes stable ids from the second, the commit and the number', async () => {
    const [first, again] = [await replay(eventsOfRepository(repo.dir)), await replay(eventsOfRepository(repo.dir))]
    expect(again.events).toEqual(first.events)
    for (const event of first.events) {
      if (event.type !== 'commit.created') continue
      const seconds = (event.recordedAt.getTime() / 1000).toString(16).padStart(8, '0')
      const seq = event.seq.toString(16).padStart(6, '0')
      expect(event._id.toHexString()).toBe(`${seconds}${event.entity.id.slice(0, 10)}${seq}`)
    }
  })

  it('reads the same from a bare clone, from a subfolder, and with a custom configuration', async () => {
    const { events } = await replay(eventsOfRepository(repo.dir))
    gitIn(root, ['clone', '--quiet', '--bare', repo.dir, 'bare.git'])
    const bare = join(root, 'bare.git')
    writeFileSync(join(root, 'order'), 'kept\n*\n')
    const taste = {
      'log.showRoot': 'false',
      'log.showSignature': 'true',
      'diff.renames': 'copies',
      'diff.relative': 'true',
    }
    const more = { 'diff.orderFile': join(root, 'order'), 'log.diffMerges': 'combined', 'diff.ignoreSubmodules': 'all' }
    for (const [key, value] of Object.entries({ ...taste, ...more })) gitIn(bare, ['config', key, value])
    expect((await replay(eventsOfRepository(bare))).events).toEqual(events)
    expect((await replay(eventsOfRepository(join(repo.dir, 'branch')))).events).toEqual(events)
  })

  it('reads a shallow clone, starting with the files that it begins with', async () => {
    gitIn(root, ['clone', '--quiet', '--depth=3', `file://${repo.dir}`, 'shallow'])
    const { events, live, faults } = await replay(eventsOfRepository(join(root, 'shallow')))
    expect(faults).toEqual([])
    expect(live).toEqual(filesAtHead(repo.dir))
    expect(events.filter(({ type }) => type === 'commit.created')).toHaveLength(3)
  })

  it('counts a submodule as 0 bytes', async () => {
    const outer = new Repository('outer')
    outer.git('submodule', '--quiet', 'add', repo.dir, 'inner')
    outer.commit()
    const { events, live } = await replay(eventsOfRepository(outer.dir))
    expect(live).toEqual(filesAtHead(outer.dir))
    const inner = events.find(({ entity }) => entity.id === 'inner')
    const blob = repo.git('rev-parse', 'HEAD').trim()
    expect(inner?.payload).toMatchObject({ mode: '160000', bytes: 0, blob })
  })

  it('quotes a name that is not UTF-8 as git does', async () => {
    const latin = new Repository('latin')
    const blob = latin.write('x', 'x').git('hash-object', '-w', 'x').trim()
    const entry = Buffer.concat([Buffer.from(`100644 ${blob}\tcaf`), Buffer.from([0xe9, 0])])
    execFileSync('git', ['-C', latin.dir, 'update-index', '-z', '--index-info'], { input: entry })
    rmSync(join(latin.dir, 'x'))
    gitIn(latin.dir, ['commit', '--quiet', '-m', 'work'])
    const { live } = await replay(eventsOfRepository(latin.dir))
    expect([...live]).toEqual([['"caf\\351"', 1]])
  })

  it('reads a single commit, and nothing from a repository without one', async () => {
    const young = new Repository('young')
    expect((await replay(eventsOfRepository(young.dir))).events).toEqual([])
    young.commit()
    expect((await replay(eventsOfRepository(young.dir))).events.map(({ type }) => type)).toEqual([
      'author.created',
      'commit.created',
    ])
  })

  it('refuses a folder that is not a repository or does not exist, with one sentence', async () => {
    for (const dir of [root, join(root, 'nowhere')]) {
      await expect(replay(eventsOfRepository(dir))).rejects.toMatchObject({
        code: 'CONFIG',
        message: expect.stringContaining(`${dir} is not a git repository that can be read: fatal: `) as unknown,
        remedy: expect.stringContaining('Name the folder') as unknown,
      })
    }
  })

  it('refuses a repository that has lost an object', async () => {
    const broken = new Repository('broken')
    const blob = broken.write('file', 'content').git('hash-object', 'file').trim()
    broken.commit()
    rmSync(join(broken.dir, '.git', 'objects', blob.slice(0, 2), blob.slice(2)))
    await expect(replay(eventsOfRepository(broken.dir))).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining(blob) as unknown,
    })
  })

  it('reports that git is missing', async () => {
    vi.stubEnv('PATH', root)
    onTestFinished(() => void vi.unstubAllEnvs())
    await expect(replay(eventsOfRepository(repo.dir))).rejects.toMatchObject({
      code: 'CONFIG',
      message: `The history of ${repo.dir} requires git, which was not found.`,
      remedy: expect.stringContaining('Install git') as unknown,
    })
  })

  it('ignores the repository of a hook', async () => {
    const { events } = await replay(eventsOfRepository(repo.dir))
    vi.stubEnv('GIT_DIR', join(root, 'young', '.git'))
    onTestFinished(() => void vi.unstubAllEnvs())
    expect((await replay(eventsOfRepository(repo.dir))).events).toEqual(events)
  })

  it('stops when its signal aborts, at once or while reading', async () => {
    const reason = new Error('enough')
    await expect(replay(eventsOfRepository(repo.dir, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
    const stop = new AbortController()
    const events = eventsOfRepository(repo.dir, { signal: stop.signal })
    await events.next()
    stop.abort(reason)
    await expect(replay(events)).rejects.toBe(reason)
  })
})

describe('this checkout', () => {
  const here = fileURLToPath(new URL('../..', import.meta.url))
  it.skipIf(!hasCommits(here))('ends with the files of its HEAD', async () => {
    const { live, faults } = await replay(eventsOfRepository(here))
    expect(faults).toEqual([])
    expect(live).toEqual(filesAtHead(here))
  })
})

function hasCommits(dir: string): boolean {
  try {
    return gitIn(dir, ['rev-parse', '--quiet', '--verify', 'HEAD']) !== ''
  } catch {
    return false
  }
}
