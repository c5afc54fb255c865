import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** Runs a program to its end and returns its output. The cause of a failure is the last lines that it printed. */
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
    // The program's own output explains more than the error of the runtime.
    // oxlint-disable-next-line preserve-caught-error
    throw new Error(`${command} failed`, { cause: lastLines(saidBy(thrown)) })
  }
}

/** The last lines of a log. */
export function lastLines(text: string, count = 15): string {
  return text.trim().split('\n').slice(-count).join('\n')
}

function saidBy(thrown: unknown): string {
  const { stdout = '', stderr = '' } = thrown as { stdout?: string; stderr?: string }
  return `${stdout}\n${stderr}`.trim() || String(thrown)
}
