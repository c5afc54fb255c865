import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import type { MainJobResult } from '../../examples/history/main-job.ts'
import { hasSample, readOracle, samplePath } from './sample.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the demonstration as a user does, on the servers of this test run. */
async function demo(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { endpoint, credentials, region } = inject('sqs')
  const env = {
    ...process.env,
    MYSQL_URL: inject('mysqlUrl'),
    MONGODB_URL: inject('mongoUrl'),
    SQS_ENDPOINT: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    // Its flag has a fixed name and must be off at first, so several runs cannot share a flag server.
    CHANGEOVER_UNLEASH: '0',
    UNLEASH_URL: '',
  }
  const ran = run(process.execPath, ['examples/history/demo.ts', ...args], { cwd: root, env, maxBuffer: 2 ** 26 })
  return ran.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (thrown: { code: number; stdout: string; stderr: string }) => thrown,
  )
}

describe('the demonstration', () => {
  it.skipIf(!hasSample)('gives the same figures as git', async () => {
    const oracle = readOracle()
    const { code, stdout, stderr } = await demo('--events', samplePath, '--json', '--seed', '1')
    expect(stderr).not.toContain('Error')
    expect(code).toBe(0)

    const result = JSON.parse(stdout) as MainJobResult
    const rowsOf = (name: string): readonly Record<string, unknown>[] => result.reports[name]!.rows
    const pairs = (name: string, key: string, value: string): Record<string, unknown> =>
      Object.fromEntries(rowsOf(name).map((row) => [row[key], row[value]]))

    expect(Object.values(result.reports).map(({ verdict }) => verdict)).toEqual(['agree', 'agree', 'agree'])
    expect(pairs('files_by_folder', 'folder', 'files')).toEqual(oracle.liveFilesByTopFolder)
    expect(rowsOf('files_by_folder').reduce((sum, row) => sum + (row['bytes'] as number), 0)).toBe(oracle.liveBytes)
    expect(pairs('commits_by_year', 'year', 'commits')).toEqual(oracle.commitsByYear)
    expect(pairs('commits_by_author', 'author_id', 'commits')).toMatchObject(Object.fromEntries(oracle.topAuthors))
    expect(rowsOf('commits_by_author').length).toBe(oracle.authors)

    expect(result.events.total).toBe(oracle.events)
    expect(result.observer.published).toBe(result.events.live)
    expect(result.observer.whileOff).toBe(result.events.history)
    expect(result.receipts).toMatchObject({
      total: oracle.events,
      applied: oracle.events,
      live: result.events.live,
      quarantined: 0,
    })
    expect(result.sinks.duplicatedMessages).toBeGreaterThan(0)
    expect(result.tables).toMatchObject({ file: { visible: oracle.liveFiles }, commit: { visible: oracle.commits } })
  })

  it('runs on its own repository', async () => {
    const { code, stdout, stderr } = await demo()
    expect(stderr).not.toContain('Error')
    expect(code).toBe(0)
    expect(stdout.match(/agree/g)).toHaveLength(3)
  })

  it.each([
    [['--events', 'nowhere.ndjson'], /nowhere\.ndjson/],
    [['--repo', '/'], /not a git repository|no git repository/i],
    [['--seed', 'x'], /seed "x"/],
    [['--nonsense'], /--nonsense/],
    [['--events', 'a', '--repo', 'b'], /Both --events and --repo/],
  ])('explains in one sentence what is wrong with %j', async (args, sentence) => {
    const { code, stdout, stderr } = await demo(...args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(sentence)
  })
})
