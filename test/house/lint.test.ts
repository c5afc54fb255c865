import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { read, root } from './repository.ts'

const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')

/** Files with one import that the rules refuse, by a name for the kind. */
const REFUSED = {
  'a room that is not on the list': ['src/core/a.ts', "import { a } from '../star/index.ts'\na()"],
  'a type from there': ['src/core/b.ts', "import type { A } from '../star/index.ts'\nexport const a: A = 1"],
  'a name re-exported from there': ['src/core/c.ts', "export { a } from '../star/index.ts'"],
  'a type re-exported from there': ['src/core/d.ts', "export type { A } from '../star/index.ts'"],
  'a dynamic import from there': ['src/core/e.ts', "export const star = await import('../star/index.ts')"],
  'another product': ['src/sink/a.ts', "import { a } from '../migrate/index.ts'\na()"],
  'a room that only tests use': ['src/observer/a.ts', "import { a } from '../testing/index.ts'\na()"],
  'a file other than index.ts': ['src/event/a.ts', "import { a } from '../core/errors.ts'\na()"],
  'a room, from a subfolder': ['src/star/rows/a.ts', "import { a } from '../../warehouse/index.ts'\na()"],
  'a file other than index.ts, from a subfolder': [
    'src/star/rows/b.ts',
    "import { a } from '../../core/errors.ts'\na()",
  ],
  'the public names': ['src/cli/a.ts', "import { a } from '../exports/index.ts'\na()"],
  'the command line': ['src/exports/a.ts', "import { a } from '../cli/main.ts'\na()"],
  'a file outside src/': ['src/core/f.ts', "import { a } from '../../package.json'\na()"],
  'the package by its name': ['src/sink/b.ts', "import { a } from 'changeover/queue'\na()"],
} as const

const ACCEPTED = {
  'src/core/accepted.ts': "import { a } from './errors.ts'\na()",
  'src/event/accepted.ts': "import { a } from '../core/index.ts'\na()",
  'src/star/rows/accepted.ts': "import { a } from '../../core/index.ts'\nimport { b } from '../types/cell.ts'\na(b)",
  'src/observer/tap/accepted.ts':
    "import { a } from '../../coverage/index.ts'\nimport { b } from '../coverage/b.ts'\na(b)",
  'src/cli/accepted.ts': "import p from '../../package.json' with { type: 'json' }\nexport const { name } = p",
  'test/accepted.ts': "import { a } from '../src/core/errors.ts'\na()",
}

describe('the lint rules of the rooms', () => {
  let folder = ''
  let reported: readonly string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'changeover-lint-'))
    const texts = [...Object.values(REFUSED), ...Object.entries(ACCEPTED), ['.oxlintrc.json', read('.oxlintrc.json')]]
    for (const [path, text] of texts as [string, string][]) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), `${text}\n`)
    }
    const { stdout } = await promisify(execFile)(process.execPath, [oxlint, '--format', 'json', '.'], {
      cwd: folder,
    }).catch((failed: { stdout: string }) => failed)
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] }
    reported = diagnostics
      .filter(({ code }) => code.includes('no-restricted-imports'))
      .map(({ filename }) => filename.replaceAll('\\', '/'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it.each(Object.entries(REFUSED))('refuse %s', (_, [path]) => {
    expect(reported).toContain(path)
  })

  it('accept what the table allows', () => {
    expect(reported.filter((path) => path in ACCEPTED)).toEqual([])
  })
})
