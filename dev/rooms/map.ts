import type { Room } from './rooms.ts'

const BEGIN = '<!-- rooms: written by `npm run rooms` -->'
const END = '<!-- /rooms -->'

/** The same text with the map of the rooms between its two marks. */
export function withMap(markdown: string, rooms: readonly Room[]): string {
  const [start, end] = [markdown.indexOf(BEGIN), markdown.indexOf(END)]
  if (start < 0 || end < start) throw new Error(`There is no place for the map: it goes between ${BEGIN} and ${END}.`)
  return `${markdown.slice(0, start)}${BEGIN}\n\n${mapOf(rooms)}\n${markdown.slice(end)}`
}

function mapOf(rooms: readonly Room[]): string {
  const rows = rooms.map((room) => `| \`${room.name}/\` | ${room.holds} | ${entered(room, rooms)} |`)
  return ['| room | holds | may enter |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

function entered({ name, enters }: Room, rooms: readonly Room[]): string {
  if (enters.length === 0) return 'nothing'
  const others = rooms.filter((room) => room.name !== name && !enters.includes(room.name))
  // A list of what is missing is shorter for those that may enter almost everything.
  if (others.length < 3) return `all but ${list(others.map((room) => room.name))}`
  return list(enters)
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}
