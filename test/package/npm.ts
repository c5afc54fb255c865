import { spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

/** What became of a program that was run to its end. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Long enough for npm on a slow line; a program that does not end by itself is told from a slow one by this. */
const TIMEOUT_MS = 180_000

/** Runs a program in a folder, as a person would who has this Node and nothing of the package's own scripts around. */
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

/** The same, for what must succeed; gives what it printed. */
export async function succeed(folder: string, program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(folder, program, args)
  if (code === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
}

/** Installs into a folder; what the machine has in its cache already is not fetched again. */
export async function install(folder: string, packages: readonly string[]): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--logs-max=0', '--prefer-offline']
  await succeed(folder, 'npm', ['install', ...quiet, ...packages])
}

// npm and vitest tell their children about themselves; a child that is npm would take that for its own settings.
const OURS = /^(npm_|vitest|node_options$|node_env$|test$|dev$|prod$|mode$|init_cwd$|no_color$|force_color$)/i

function person(): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name)))
  return { ...env, NO_COLOR: '1', PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` }
}
