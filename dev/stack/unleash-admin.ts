import type { FlagSource } from './flags.ts'

/** One of a flag's strategies, as Unleash has them. */
export interface FlagStrategy {
  readonly name: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly constraints?: readonly {
    readonly contextName: string
    readonly operator: string
    readonly values: readonly string[]
  }[]
}

/** Flags of a server, by its admin API. */
export interface FlagAdmin {
  /** Makes a flag, off everywhere; one that is there stays as it is. */
  create(flag: string): Promise<void>
  /** Turns a flag on or off in one environment. One without strategies gets one, for everybody, when it is first turned on. */
  turn(flag: string, environment: string, on: boolean): Promise<void>
  addStrategy(flag: string, environment: string, strategy: FlagStrategy): Promise<void>
}

/** The hand on the flags of a server; undefined when nobody gave us the token for it. */
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
