import { describe, expect, it } from 'vitest'
import { Examples, Tally } from '../../src/core/tally.ts'

describe('a tally', () => {
  it('starts at zero for every name', () => {
    expect(new Tally(['applied', 'ignored']).counts).toEqual({ applied: 0, ignored: 0 })
  })

  it('adds up parts; a name that a part does not have counts as 0', () => {
    const tally = new Tally(['applied', 'ignored'])
    tally.add({ applied: 2 })
    tally.add({ applied: 1, ignored: 4 })
    tally.add({})
    expect(tally.counts).toEqual({ applied: 3, ignored: 4 })
  })

  it('ignores names that it does not count', () => {
    const tally = new Tally(['applied'])
    const part = { applied: 1, other: 9 }
    tally.add(part)
    expect(tally.counts).toEqual({ applied: 1 })
  })
})

describe('examples', () => {
  it('keeps the first distinct texts, in order, up to the limit', () => {
    const examples = new Examples(3)
    examples.add(['b', 'a', 'b'])
    examples.add(['c', 'd'])
    expect(examples.list).toEqual(['b', 'a', 'c'])
  })

  it('keeps five by default, and none with a limit of zero', () => {
    const [some, none] = [new Examples(), new Examples(0)]
    for (const examples of [some, none]) examples.add('abcdefg')
    expect([some.list, none.list]).toEqual([['a', 'b', 'c', 'd', 'e'], []])
  })

  it('does not read on in the texts once it is full', () => {
    const examples = new Examples(1)
    let asked = 0
    examples.add(
      (function* () {
        for (;;) yield `text ${++asked}`
      })(),
    )
    expect([examples.list, asked]).toEqual([['text 1'], 2])
  })

  it('returns a list that the caller may change', () => {
    const examples = new Examples()
    examples.add(['a'])
    examples.list.push('b')
    expect(examples.list).toEqual(['a'])
  })
})
