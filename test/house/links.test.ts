import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { files, root } from './repository.ts'

const markdown = files('*.md', '{docs,dev,examples,bench}/**/*.md')

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
function brokenLinks(texts: ReadonlyMap<string, string>, exists: (path: string) => boolean): string[] {
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

describe('links in the documentation', () => {
  it('lead to files and headings that exist', () => {
    expect(brokenLinks(markdown, (path) => existsSync(`${root}${path}`))).toEqual([])
  })

  it('are checked in README, CONTRIBUTING, CHANGELOG, and every page of docs/', () => {
    expect([...markdown.keys()]).toEqual(
      expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/README.md', 'dev/stack/README.md']),
    )
  })

  it('are reported with file and line when they lead nowhere', () => {
    const texts = new Map([
      ['docs/a.md', '# A title, here\n[good](b.md#b) [self](#a-title-here) [web](https://example.org/x)\n'],
      ['docs/b.md', '# B\n\n[gone](c.md)\n[anchor](a.md#other)\n```\n[code](d.md)\n```\n'],
    ])
    expect(brokenLinks(texts, (path) => texts.has(path))).toEqual([
      'docs/b.md:3 links to c.md, and there is no docs/c.md',
      'docs/b.md:4 links to a.md#other, and docs/a.md has no such heading',
    ])
  })
})
