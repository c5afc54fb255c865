import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fillOnce } from '../../dev/stack/fill-once.ts'

const { signal } = new AbortController()
let cache = ''
let home = ''
beforeEach(() => {
  cache = join(mkdtempSync(join(tmpdir(), 'changeover-fill-')), 'cache')
  home = join(cache, 'thing')
})
afterEach(() => rmSync(join(cache, '..'), { recursive: true }))

const isUsable = (): boolean => existsSync(join(home, 'bin'))
const writing = (text: string) => async (folder: string) => writeFileSync(join(folder, 'bin'), text)
const content = (): string => readFileSync(join(home, 'bin'), 'utf8')

describe('a folder in the cache', () => {
  it('is filled once', async () => {
    await fillOnce(home, isUsable, writing('first'), signal)
    await fillOnce(home, isUsable, writing('second'), signal)
    expect(content()).toBe('first')
    expect(readdirSync(cache)).toEqual(['thing'])
  })

  it('replaces one that cannot be used', async () => {
    mkdirSync(join(home, 'rest'), { recursive: true })
    await fillOnce(home, isUsable, writing('new'), signal)
    expect(readdirSync(home)).toEqual(['bin'])
  })

  it('is not there when filling it fails', async () => {
    const failing = async (folder: string): Promise<never> => {
      await writing('half')(folder)
      throw new Error('no network')
    }
    await expect(fillOnce(home, isUsable, failing, signal)).rejects.toThrow('no network')
    expect(readdirSync(cache)).toEqual([])
  })

  it('is that of another process that finished first', async () => {
    await fillOnce(
      home,
      isUsable,
      async (folder) => {
        await writing('mine')(folder)
        await fillOnce(home, isUsable, writing('theirs'), signal)
      },
      signal,
    )
    expect(content()).toBe('theirs')
    expect(readdirSync(cache)).toEqual(['thing'])
  })

  it('is given up with the reason of the signal', async () => {
    const stop = new AbortController()
    const aborted = async (): Promise<never> => {
      stop.abort(new Error('stop'))
      throw new Error('killed')
    }
    await expect(fillOnce(home, isUsable, aborted, stop.signal)).rejects.toThrow('stop')
    expect(readdirSync(cache)).toEqual([])
  })
})
