import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ROOMS, type Room } from '../../dev/rooms/rooms.ts'
import {
  deepFiles,
  fileCycles,
  folderCycles,
  forbiddenImports,
  longFiles,
  bypassingIndex,
  roomCycles,
  importsOfSelf,
} from '../../dev/rooms/structure.ts'
import { files, root } from './repository.ts'

const source = files('src/**/*.ts')

describe('the table of rooms', () => {
  it('lists every folder of src/, and no others', () => {
    const folders = readdirSync(`${root}src`, { withFileTypes: true })
    expect(folders.filter((entry) => !entry.isDirectory()).map(({ name }) => name)).toEqual([])
    expect(folders.map(({ name }) => name).toSorted()).toEqual(ROOMS.map(({ name }) => name).toSorted())
  })

  it('lets a room enter only rooms that come before it, so that no rooms form a cycle', () => {
    const backUp = ROOMS.flatMap(({ name, enters }, at) =>
      enters
        .filter((target) => !ROOMS.slice(0, at).some((room) => room.name === target))
        .map((target) => `${name} → ${target}`),
    )
    expect(backUp).toEqual([])
  })

  it('lets no room enter exports/ or cli/', () => {
    expect(ROOMS.filter(({ enters }) => enters.includes('exports') || enters.includes('cli'))).toEqual([])
  })
})

describe('src/', () => {
  it('has an index.ts in every room', () => {
    const entered = ROOMS.filter(({ name }) => name !== 'cli' && name !== 'exports')
    expect(entered.map(({ name }) => `src/${name}/index.ts`).filter((path) => !source.has(path))).toEqual([])
  })

  it.each([
    ['imports only what the table of rooms allows, through index.ts', forbiddenImports(source, ROOMS)],
    ['does not import the package by its own name', importsOfSelf(source)],
    ['has no cycle of files, type-only imports included', fileCycles(source)],
    ['has no cycle of folders within a room', folderCycles(source)],
    ['has no cycle of rooms', roomCycles(source)],
    ['has no folders below the folders of a room', deepFiles(source)],
    ['has no file of more than 300 lines', longFiles(source, 300)],
  ])('%s', (_, violations) => {
    expect(violations).toEqual([])
  })
})

describe('the other folders', () => {
  it('enter rooms through index.ts, except the tests', () => {
    expect(bypassingIndex(files('dev/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'))).toEqual([])
  })

  it('have no file of more than 450 lines', () => {
    expect(longFiles(files('{test,dev,bench,examples}/**/*.ts'), 450)).toEqual([])
  })
})

describe('the checks', () => {
  const rooms: readonly Room[] = [
    { name: 'low', holds: '', enters: [] },
    { name: 'mid', holds: '', enters: ['low'], outside: ['package.json'] },
    { name: 'top', holds: '', enters: ['low', 'mid'] },
  ]
  /** A source tree in which `path` has this text. */
  const tree = (path: string, text: string): Map<string, string> => new Map([[path, text]])

  it.each([
    ['a value', "import { a } from '../top/index.ts'"],
    ['a type', "import type { A } from '../top/index.ts'"],
    ['a name re-exported', "export { a } from '../top/index.ts'"],
    ['a type re-exported', "export type { A } from '../top/index.ts'"],
    ['everything re-exported', "export * as top from '../top/index.ts'"],
    ['a default and more', "import top, { a } from '../top/index.ts'"],
    ['a name on several lines', "import {\n  a,\n  type B,\n} from '../top/index.ts'"],
    ['a side effect', "import '../top/index.ts'"],
    ['a dynamic import', "  const top = await import('../top/index.ts')"],
    ['an import in a type', "type A = import('../top/index.ts').A"],
  ])('report %s from a room that is not on the list', (_, text) => {
    expect(forbiddenImports(tree('src/mid/a.ts', `// first\n${text}\n`), rooms)).toEqual([
      'src/mid/a.ts:2 enters top/, which mid/ may not',
    ])
  })

  it.each([
    ['src/mid/a.ts', "import { a } from '../low/a.ts'", 'enters low/ by src/low/a.ts, past its index.ts'],
    ['src/mid/x/a.ts', "import { a } from '../../low/x/a.ts'", 'enters low/ by src/low/x/a.ts, past its index.ts'],
    ['src/mid/x/a.ts', "import { a } from '../../top/index.ts'", 'enters top/, which mid/ may not'],
    ['src/mid/a.ts', "import { a } from './index.ts'", "uses its own room's index.ts"],
    ['src/low/a.ts', "import { a } from '../../package.json'", 'leaves src/ for package.json'],
    ['src/new/a.ts', "import { a } from '../low/index.ts'", 'is in no room of the table'],
  ])('report in %s: %s', (path, text, violation) => {
    expect(forbiddenImports(tree(path, text), rooms)).toEqual([`${path}:1 ${violation}`])
  })

  it('accept what the table allows', () => {
    const text = [
      "import { a } from '../../low/index.ts'",
      "import json from '../../../package.json' with { type: 'json' }",
      "import { b } from '../b.ts'",
      "import { join } from 'node:path'",
      "// import { c } from '../../top/index.ts'",
      " * import { c } from '../../top/index.ts'",
    ]
    expect(forbiddenImports(tree('src/mid/x/a.ts', text.join('\n')), rooms)).toEqual([])
  })

  it('report an import of the package by its name', () => {
    expect(importsOfSelf(tree('src/mid/a.ts', "import { sqs } from 'changeover/queue'"))).toEqual([
      'src/mid/a.ts:1 imports changeover/queue',
    ])
  })

  it('report cycles of files, of folders and of rooms, each with its steps', () => {
    const cyclic = new Map([
      ['src/mid/x/a.ts', "import type { B } from '../y/b.ts'"],
      ['src/mid/y/b.ts', "\nimport { C } from '../x/c.ts'"],
      ['src/mid/x/c.ts', "import { D } from '../../low/index.ts'\nimport { A } from './a.ts'"],
      ['src/low/index.ts', "import { A } from '../mid/x/a.ts'"],
    ])
    const [ab, bc, ca] = [
      'src/mid/x/a.ts:1 → src/mid/y/b.ts',
      'src/mid/y/b.ts:2 → src/mid/x/c.ts',
      'src/mid/x/c.ts:2 → src/mid/x/a.ts',
    ]
    expect(fileCycles(cyclic)).toContain(`${ab}, ${bc}, ${ca}`)
    expect(folderCycles(cyclic)).toEqual([`${ab}, ${bc}`])
    expect(roomCycles(cyclic)).toEqual(['src/mid/x/c.ts:1 → src/low/index.ts, src/low/index.ts:1 → src/mid/x/a.ts'])
  })

  it('report no cycle where paths only meet again', () => {
    const diamond = new Map([
      ['src/low/a.ts', "import './b.ts'\nimport './c.ts'"],
      ['src/low/b.ts', "import './d.ts'"],
      ['src/low/c.ts', "import './d.ts'"],
    ])
    expect(fileCycles(diamond)).toEqual([])
  })

  it('report a file that imports itself', () => {
    expect(fileCycles(tree('src/low/a.ts', "import './a.ts'"))).toEqual(['src/low/a.ts:1 → src/low/a.ts'])
  })

  it('report a file that is too long, and one that lies too deep', () => {
    expect(longFiles(tree('src/low/a.ts', 'x\n'.repeat(301)), 300)).toEqual(['src/low/a.ts:301 is past line 300'])
    expect(longFiles(tree('src/low/a.ts', 'x\n'.repeat(300)), 300)).toEqual([])
    expect(deepFiles(new Map([['src/low/a/b/c.ts', '']]))).toEqual(['src/low/a/b/c.ts:1 is in a folder of a folder'])
  })
})
