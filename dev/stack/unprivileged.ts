import { execFileSync } from 'node:child_process'

import type { User } from './supervised.ts'

/** The user of a server that always refuses to run as root: its package creates one with this name, and every Unix has `nobody`. */
export function unprivilegedUser(name: string): User {
  const id = (flag: string, of: string) =>
    Number(execFileSync('id', [flag, of], { stdio: ['ignore', 'pipe', 'ignore'] }))
  try {
    return { uid: id('-u', name), gid: id('-g', name) }
  } catch {
    return { uid: id('-u', 'nobody'), gid: id('-g', 'nobody') }
  }
}
