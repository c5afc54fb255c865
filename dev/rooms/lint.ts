import type { Room } from './rooms.ts'

/** What of `.oxlintrc.json` is read and written here. */
export interface LintConfig {
  readonly overrides: readonly LintOverride[]
}

export interface LintOverride {
  readonly files: readonly string[]
  readonly rules: Readonly<Record<string, unknown>>
}

/** How deep files lie in a room: in its folder, and in a folder of it. */
const DEPTHS = [1, 2]

/** The same config with the overrides for `src/` made from the table of rooms. */
export function withRoomRules<Config extends LintConfig>(config: Config, rooms: readonly Room[]): Config {
  const others = config.overrides.filter(({ files }) => !files.every((pattern) => pattern.startsWith('src/')))
  return { ...config, overrides: [...rooms.flatMap(rulesOf), ...others] }
}

/** One override per depth, since the same room is reached by another path from each. */
function rulesOf(room: Room): LintOverride[] {
  return DEPTHS.map((depth) => {
    const up = '../'.repeat(depth)
    const entrances = room.enters.map((name) => `!${up}${name}/index.ts`)
    const outside = (room.outside ?? []).map((path) => `!../${up}${path}`)
    return {
      files: [`src/${room.name}/${'*/'.repeat(depth - 1)}*.ts`],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              { group: [`${up}**`, ...entrances, ...outside], message: messageOf(room) },
              { group: ['changeover', 'changeover/**'], message: 'The package does not import itself by name.' },
            ],
          },
        ],
      },
    }
  })
}

function messageOf({ name, enters }: Room): string {
  const allowed = enters.length === 0 ? 'no other room' : enters.map((room) => `${room}/`).join(', ')
  return `${name}/ may enter ${allowed}${enters.length === 0 ? '' : ', each by its index.ts'}. The table is dev/rooms/rooms.ts.`
}
