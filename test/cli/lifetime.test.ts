import { spawn } from 'node:child_process'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { staged } from '../migrate/history.ts'
import { freshMongo, freshSchema } from '../support/fresh.ts'
import { configOf, HISTORY, migrationsIn, runCli, startCli, type Ended } from './run-cli.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'dist/cli/bin.js')
const CONTINUES =
  /^changeover: Stopped by SIG(INT|TERM)\. What was done is kept; run the command again to continue\.\n$/

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changeover-lifetime-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A server that accepts connections and never says anything, and a promise of its first connection. */
async function silentServer() {
  const server = createServer()
  const connected = new Promise<void>((resolve) => server.once('connection', () => resolve()))
  const sockets = new Set<{ destroy(): unknown }>()
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    connected,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Stops a command by a signal, and measures how long it takes to end. */
async function stopped({ child, ended }: ReturnType<typeof startCli>, signal: NodeJS.Signals) {
  const start = performance.now()
  child.kill(signal)
  const end = await ended
  return { ...end, ms: performance.now() - start }
}

function expectStopped({ code, stderr, ms }: Ended & { ms: number }): void {
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(CONTINUES) as unknown })
  expect(ms).toBeLessThan(3000)
}

describe('a signal ends a command that hangs, in a sentence that says how to continue', () => {
  it.each(['plan', 'apply', 'migrate', 'sink', 'reconcile'])('a MySQL that does not answer (%s)', async (command) => {
    await using server = await silentServer()
    const env = { MYSQL_URL: `mysql://u:p@127.0.0.1:${server.port}/w`, MONGODB_URL: inject('mongoUrl') }
    const cli = startCli([command, '-c', HISTORY], env)
    await server.connected
    expectStopped(await stopped(cli, 'SIGTERM'))
  })

  it.each(['migrate', 'migrate --heal', 'reconcile'])('a MongoDB that does not answer (%s)', async (command) => {
    const { mysqlUrl } = await staged([], migrationsIn(HISTORY))
    await using server = await silentServer()
    const env = { MYSQL_URL: mysqlUrl, MONGODB_URL: `mongodb://127.0.0.1:${server.port}/app` }
    const cli = startCli([...command.split(' '), '-c', HISTORY], env)
    await server.connected
    expectStopped(await stopped(cli, 'SIGINT'))
  })

  it('a config whose import hangs', async () => {
    const path = join(folder, 'hangs.config.ts')
    await writeFile(path, "process.stdout.write('loading')\nsetInterval(() => {}, 1000)\nawait new Promise(() => {})")
    const cli = startCli(['plan', '-c', path], {})
    await new Promise((resolve) => cli.child.stdout!.once('data', resolve))
    expectStopped(await stopped(cli, 'SIGTERM'))
  })

  it('a second signal ends it at once', async () => {
    await using server = await silentServer()
    const cli = startCli(['plan', '-c', HISTORY], { MYSQL_URL: `mysql://u:p@127.0.0.1:${server.port}/w` })
    await server.connected
    cli.child.kill('SIGINT')
    cli.child.kill('SIGTERM')
    const { code, ms } = await stopped(cli, 'SIGTERM')
    expect(code).toBe(2)
    expect(ms).toBeLessThan(1000)
  })
})

describe('the exit code', () => {
  it('is 0 although the config leaves a timer and a connection open', async () => {
    await using schema = await freshSchema()
    await using server = await silentServer()
    const path = join(folder, 'open.config.ts')
    await writeFile(
      path,
      `import { connect } from 'node:net'
      setInterval(() => {}, 1000)
      connect(${server.port}, '127.0.0.1')
      export { default } from '${pathToFileURL(HISTORY).href}'`,
    )
    const ended = await runCli(['plan', '-c', path, '--json'], { MYSQL_URL: schema.url })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(ended.stdout)).toMatchObject({ steps: expect.any(Array) as unknown })
  })

  it('is 2 when standard output is full or closed, in a sentence', async () => {
    await using schema = await freshSchema()
    const full = await open('/dev/full', 'w')
    try {
      const outputs = [full.fd, 'pipe'] as const
      for (const output of outputs) {
        const child = spawn(process.execPath, [bin, 'plan', '-c', HISTORY], {
          cwd: root,
          env: { PATH: process.env.PATH, MYSQL_URL: schema.url },
          stdio: ['ignore', output, 'pipe'],
        })
        let stderr = ''
        child.stderr!.on('data', (bytes) => (stderr += String(bytes)))
        child.stdout?.destroy()
        const code = await new Promise((resolve) => child.once('close', resolve))
        expect({ code, stderr }).toEqual({
          code: 2,
          stderr: expect.stringMatching(
            /^changeover: The output is incomplete: .*(ENOSPC|EPIPE).*run it again.*\n$/,
          ) as unknown,
        })
      }
    } finally {
      await full.close()
    }
  })

  it('is 1 when events have types that the mapping does not know, and names them', async () => {
    await using mongo = await freshMongo()
    const events = ['made', 'made', 'lost'].map((type, _id) => ({ _id, type }))
    await mongo.client.db().collection<{ _id: number; type: string }>('events').insertMany(events)
    await using schema = await freshSchema()
    const env = { MYSQL_URL: schema.url, MONGODB_URL: mongo.url }
    await runCli(['apply', '-c', configOf('several')], env)
    const ended = await runCli(['migrate', '-c', configOf('several'), '-m', 'first'], env)
    expect(ended.stdout).toContain('1 event is of a type that the mapping does not know: "lost" (1).')
    expect(ended.code).toBe(1)
  })

  it.each(['--fresh', '--ranges=2', '--parallel=2'])(
    'is 2 for --heal with %s, which contradict each other',
    async (other) => {
      const ended = await runCli(['migrate', '-c', HISTORY, '--heal', other])
      expect(ended).toMatchObject({ code: 2, stdout: '' })
      expect(ended.stderr).toMatch(/^changeover: option '--heal' cannot be used with option '--\w+.*\n$/)
    },
  )
})
