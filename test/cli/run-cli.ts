import { spawn, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Config, Migration } from '../../src/mapping/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The command line as published. */
const bin = `${root}dist/cli/bin.js`

/** The config of an example, with a history and its reports. */
export const HISTORY = `${root}examples/history/changeover.config.ts`

/** A config that is wrong or unusual on purpose. */
export function configOf(name: string): string {
  return `${root}test/cli/configs/${name}.config.ts`
}

/**
 * The migrations of a config, loaded as the command line loads them. Vitest writes modules anew, and the texts of handlers are part of
 * what a warehouse knows of a migration.
 */
export function migrationsIn(config: string): readonly Migration[] {
  const { default: loaded } = createRequire(import.meta.url)(config) as { readonly default: Config }
  return loaded.migrations
}

export type Env = Readonly<Record<string, string | undefined>>

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the command line in a separate process, with only these variables. */
export function startCli(args: readonly string[], env: Env): { child: ChildProcess; ended: Promise<Ended> } {
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [bin, ...args], { cwd: root, env: { PATH, HOME, ...env }, stdio: 'pipe' })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (bytes) => (output[name] += String(bytes)))
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ ...output, code, signal }))
  })
  return { child, ended }
}

/** Runs the command line to its end. */
export function runCli(args: readonly string[], env: Env = {}): Promise<Ended> {
  return startCli(args, env).ended
}

/** Expects one line that contains these names, without a stack trace or a secret, and exit code 2. */
export function expectComplaint({ code, stdout, stderr }: Ended, ...names: readonly (string | RegExp)[]): void {
  expect({ code, stdout, lines: stderr.trimEnd().split('\n').length, stderr }).toMatchObject({
    code: 2,
    stdout: '',
    lines: 1,
  })
  expect(stderr).toMatch(/^changeover: .*[.!)}\w]\n$/)
  expect(stderr).not.toMatch(/\n\s+at |node:internal/)
  for (const name of names) expect(stderr).toMatch(name)
}
