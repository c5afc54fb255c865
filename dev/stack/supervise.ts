// The process between the stack and one server. However the stack ends, even by SIGKILL, its end of the IPC channel closes.
// This process then stops the server and removes its folder.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import type { FromSupervisor, Plan } from './supervised.ts'

const { folder, log: logName, steps, graceMs, as, revives } = JSON.parse(process.argv[2] ?? '') as Plan
const log = openSync(join(folder, logName), 'a')
let current: ChildProcess | undefined
let ending = false
const KILLED = 'ended with SIGKILL'

process.once('disconnect', () => void end())
if (!process.connected) void end()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end())

for (const [index, [command, ...args]] of steps.entries()) {
  const isServer = index === steps.length - 1
  let reason: string | undefined
  do reason = await run(command, args)
  while (reason === KILLED && isServer && revives && !ending)
  if (ending) break
  if (reason === undefined && !isServer) continue
  tell({ ended: `${command} ${reason ?? 'ended'}` })
  break
}

/** Runs a program to its end; gives the reason when that was not a success. */
async function run(command: string, args: readonly string[]): Promise<string | undefined> {
  // Its own process group, so that processes left by a start script are stopped too.
  current = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', log, log],
    detached: true,
    ...as,
  })
  const reason = await once(current, 'exit').then(
    ([code, signal]: (number | string | null)[]) => (code === 0 ? undefined : `ended with ${signal ?? `code ${code}`}`),
    (thrown: unknown) => `could not be started: ${String(thrown)}`,
  )
  current = undefined
  return reason
}

async function end(): Promise<void> {
  if (ending) return
  ending = true
  const server = current
  if (server) {
    kill(server, 'SIGTERM')
    const deadline = setTimeout(() => kill(server, 'SIGKILL'), graceMs)
    await once(server, 'exit').catch(() => {})
    clearTimeout(deadline)
    kill(server, 'SIGKILL')
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  process.exit()
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It has ended already.
  }
}

function tell(message: FromSupervisor): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
