import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replaceFolder } from '../../dev/replace-folder.ts'

const child = fileURLToPath(new URL('replace-folder-child.ts', import.meta.url))

let home = ''
let dist = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'changeover-build-'))
  dist = join(home, 'dist')
})
afterEach(() => rmSync(home, { recursive: true }))

/** Fills a folder with one file. */
function writing(text: string): (folder: string) => void {
  return (folder) => writeFileSync(join(folder, 'a.js'), text)
}

const built = (): string => readFileSync(join(dist, 'a.js'), 'utf8')

describe('replacing a folder', () => {
  it('makes it when there is none', async () => {
    expect(await replaceFolder(dist, writing('one'))).toBe('replaced')
    expect(built()).toBe('one')
    expect(readdirSync(home)).toEqual(['dist'])
  })

  it('removes files that the new one does not have', async () => {
    await replaceFolder(dist, (folder) => writeFileSync(join(folder, 'gone.js'), ''))
    await replaceFolder(dist, writing('two'))
    expect(readdirSync(dist)).toEqual(['a.js'])
    expect(readdirSync(home)).toEqual(['dist'])
  })

  it('leaves the old one complete until the new one is', async () => {
    await replaceFolder(dist, writing('one'))
    await replaceFolder(dist, (folder) => {
      writing('two')(folder)
      expect(built()).toBe('one')
    })
    expect(built()).toBe('two')
  })

  it('leaves the old one in place when it fails', async () => {
    await replaceFolder(dist, writing('one'))
    const failing = replaceFolder(dist, (folder) => {
      writing('half')(folder)
      throw new Error('a type error')
    })
    await expect(failing).rejects.toThrow('a type error')
    expect(built()).toBe('one')
    expect(readdirSync(home)).toEqual(['dist'])
  })

  it('does not touch the old one when nothing changed', async () => {
    await replaceFolder(dist, writing('one'))
    const before = statSync(dist).ino
    expect(await replaceFolder(dist, writing('one'))).toBe('unchanged')
    expect(statSync(dist).ino).toBe(before)
    expect(readdirSync(home)).toEqual(['dist'])
  })

  it.each([
    ['the text of a file', writing('two')],
    ['a file more', (folder: string) => [writing('one')(folder), writeFileSync(join(folder, 'b.js'), '')]],
    ['a folder more', (folder: string) => [writing('one')(folder), mkdirSync(join(folder, 'b'))]],
    ['the permissions of a file', (folder: string) => [writing('one')(folder), chmodSync(join(folder, 'a.js'), 0o755)]],
  ])('counts %s as a change', async (_, fill) => {
    await replaceFolder(dist, writing('one'))
    expect(
      await replaceFolder(dist, (folder) => {
        fill(folder)
      }),
    ).toBe('replaced')
  })

  it('removes what a killed build left behind, and nothing of one that runs', async () => {
    const killed = spawn(process.execPath, ['-e', ''])
    await once(killed, 'close')
    for (const name of [`dist.new-${killed.pid}-a`, `dist.new-${killed.pid}-a-old`, `dist.new-${process.ppid}-b`]) {
      mkdirSync(join(home, name))
    }
    await replaceFolder(dist, writing('one'))
    expect(readdirSync(home)).toEqual(['dist', `dist.new-${process.ppid}-b`])
  })
})

describe('replacing a folder that others use', () => {
  const replacing = (times: number, content: string): Promise<unknown> =>
    promisify(execFile)(process.execPath, [child, dist, String(times), content])

  /** The values of all parts, each imported afresh. */
  let imports = 0
  async function importAll(): Promise<Set<string>> {
    const names = Array.from({ length: 20 }, (_, at) => `part-${at}.js`)
    const modules = await Promise.all(
      names.map((name) => import(/* @vite-ignore */ `${pathToFileURL(join(dist, name)).href}?${imports++}`)),
    )
    return new Set(modules.map(({ value }: { value: string }) => value))
  }

  it('lets a program import from it all the time while builds with the same result run', async () => {
    await replacing(1, 'same')
    const builds = { running: true }
    const done = Promise.all([replacing(30, 'same'), replacing(30, 'same')]).finally(() => (builds.running = false))
    while (builds.running) expect(await importAll()).toEqual(new Set(['same']))
    await done
    expect(readdirSync(home)).toEqual(['dist'])
  })

  it('shows all of its files or none while builds with other results run', async () => {
    await replacing(1, 'first')
    const builds = { running: true }
    const done = Promise.all([replacing(30, 'changing'), replacing(30, 'changing')]).finally(
      () => (builds.running = false),
    )
    const seen = new Set<number>()
    while (builds.running) {
      seen.add(countFiles())
      await new Promise((resolve) => setImmediate(resolve))
    }
    await done
    expect([...seen].filter((count) => count !== 0 && count !== 20)).toEqual([])
    expect(await importAll()).toHaveProperty('size', 1)
    expect(readdirSync(home)).toEqual(['dist'])
  })

  /** The number of files; 0 when there is no folder, or when it was replaced while its files were counted. */
  function countFiles(): number {
    try {
      const before = statSync(dist, { bigint: true })
      const { length } = readdirSync(dist)
      const after = statSync(dist, { bigint: true })
      return before.ino === after.ino && before.birthtimeNs === after.birthtimeNs ? length : 0
    } catch {
      return 0
    }
  }
})
