import { posix } from 'node:path'

/** The targets of the links in a text that point into the repository, with the line of each. Code blocks have none. */
function linksIn(text: string): { target: string; line: number }[] {
  const prose = text.replaceAll(/^```.*?^```/gms, (block) => block.replaceAll(/[^\n]/g, ''))
  return [...prose.matchAll(/\]\((?<target>[^)\s]+)\)/g)]
    .map((match) => ({ target: match.groups!.target!, line: prose.slice(0, match.index).split('\n').length }))
    .filter(({ target }) => !/^[a-z]+:/.test(target))
}

/** The anchors of a text, as GitHub makes them from its headings. */
function anchorsIn(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** The links of these texts that lead nowhere. */
export function brokenLinks(texts: ReadonlyMap<string, string>, exists: (path: string) => boolean): string[] {
  return [...texts].flatMap(([from, text]) =>
    linksIn(text).flatMap(({ target, line }) => {
      const [path = '', anchor] = target.split('#')
      const to = path === '' ? from : posix.join(posix.dirname(from), decodeURI(path))
      if (!exists(to)) return [`${from}:${line} links to ${target}, and there is no ${to}`]
      const found = anchor === undefined || (texts.has(to) && anchorsIn(texts.get(to)!).has(anchor))
      return found ? [] : [`${from}:${line} links to ${target}, and ${to} has no such heading`]
    }),
  )
}
