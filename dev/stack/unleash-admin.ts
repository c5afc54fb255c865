import type { FlagSource } from './flags.ts'

/** A strategy of a flag in Unleash. */
export interface FlagStrategy {
  readonly name: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly constraints?: readonly {
    readonly contextName: string
    readonly operator: string
    readonly values: readonly string[]
  }[]
}

/** Manages the flags of a server through its admin API. */
export interface FlagAdmin {
  /** Creates a flag that is off everywhere. A flag that exists is not changed. */
  create(flag: string): Promise<void>
  /** Turns a flag on or off in one environment. When it is first turned on without a strategy, it gets one that matches everyone. */
  turn(flag: string, environment: string, on: boolean): Promise<void>
  addStrategy(flag: string, environment: string, strategy: FlagStrategy): Promise<void>
}

/** Manages the flags of a server; undefined when the admin token is not known. */
export function flagAdmin(source: FlagSource): FlagAdmin | undefined {
  if (source.kind !== 'unleash' || source.adminToken === undefined) return undefined
  const { adminUrl, adminToken } = source

  async function post(path: string, body: object, fine: readonly number[] = []): Promise<void> {
    const answer = await fetch(`${adminUrl}/projects/default/features${path}`, {
      method: 'POST',
      headers: { Authorization: adminToken, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    })
    const text = await answer.text()
    if (!answer.ok && !fine.includes(answer.status))
      throw new Error(`Unleash answers ${answer.status} to ${path}: ${text}`)
  }

  return {
    create: (flag) => post('', { name: flag }, [409]),
    turn: (flag, environment, on) => post(`/${flag}/environments/${environment}/${on ? 'on' : 'off'}`, {}),
    addStrategy: (flag, environment, strategy) => post(`/${flag}/environments/${environment}/strategies`, strategy),
  }
}
