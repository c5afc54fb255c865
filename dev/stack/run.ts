import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** Runs a program to its end and gives what it printed; a failure carries the last lines of what it said. */
export async function run(
  command: string,
  args: readonly string[],
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<string> {
  try {
    const { stdout } = await exec(command, args, { env, signal, maxBuffer: 64 * 2 ** 20 })
    return stdout
  } catch (thrown) {
    signal.throwIfAborted()
    // What it said explains more than what the runtime made of it.
    // oxlint-disable-next-line preserve-caught-error
    throw new Error(`${command} failed`, { cause: lastLines(saidBy(thrown)) })
  }
}

/** The end of a log: enough to see why. */
export function lastLines(text: string, count = 15): string {
  return text.trim().split('\n').slice(-count).join('\n')
}

function saidBy(thrown: unknown): string {
  const { stdout = '', stderr = '' } = thrown as { stdout?: string; stderr?: string }
  return `${stdout}\n${stderr}`.trim() || String(thrown)
}
