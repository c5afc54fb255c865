import { spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

/** The result of a program. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Long enough for npm on a slow connection; a program that takes longer is considered hung. */
const TIMEOUT_MS = 180_000

/** Runs a program in a folder, as a user would: with this Node, and without the environment of npm scripts. */
export function run(
  folder: string,
  program: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number } = {},
): Promise<Ended> {
  const { env = {}, timeoutMs = TIMEOUT_MS } = options
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...person(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The same for a program that must succeed; returns its output. */
export async function succeed(folder: string, program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(folder, program, args)
  if (code === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
}

/** Installs packages into a folder, from npm's cache where possible. */
export async function install(folder: string, packages: readonly string[]): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--logs-max=0', '--prefer-offline']
  await succeed(folder, 'npm', ['install', ...quiet, ...packages])
}

// npm and vitest set these for their children. A child that is npm would read them as its own settings.
const OURS = /^(npm_|vitest|node_options$|node_env$|test$|dev$|prod$|mode$|init_cwd$|no_color$|force_color$)/i

function person(): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name)))
  return { ...env, NO_COLOR: '1', PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` }
}
