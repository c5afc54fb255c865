import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brokenLinks } from './markdown-links.ts'
import { files, root } from './repository.ts'

const markdown = files('*.md', '{docs,dev,examples,bench}/**/*.md')

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
