import { execFileSync } from 'node:child_process'

/** A process as `ps` shows it. */
export interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

export function processes(): Process[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).trim().split('\n')
  return lines.flatMap((line) => {
    const [pid, parent, state, ...command] = line.trim().split(/\s+/)
    // A zombie has ended; its parent has only not collected it yet.
    return state?.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command: command.join(' ') }]
  })
}

/** The children of a process, their children, and so on. */
export function descendants(of: number, all = processes()): Process[] {
  return all.filter(({ parent }) => parent === of).flatMap((child) => [child, ...descendants(child.pid, all)])
}

/** The data folders that commands mention. */
export function folders(of: readonly Process[]): string[] {
  const found = of.flatMap(
    ({ command }) => command.match(/[^\s=]*\/changeover-(mysql|mongodb|postgres|unleash)-\w+/) ?? [],
  )
  return [...new Set(found.filter((text) => text.startsWith('/')))]
}
