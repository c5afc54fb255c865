import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

/** What the compiler says of a module that imports `column` as `c`. */
async function compilerSays(code: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'changeover-types-'))
  try {
    const index = JSON.stringify(join(ROOT, 'src/index.ts'))
    await writeFile(join(folder, 'fixture.mts'), `import { column as c } from ${index}\n${code}\n`)
    const options = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(ROOT, 'node_modules/@types')] },
      include: ['fixture.mts'],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options))
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const said = await new Promise<string>((done) => {
      execFile(process.execPath, [tsc, '-p', folder], (_failed, stdout) => done(stdout))
    })
    return said
      .split('\n')
      .filter((line) => !line.includes('/src/'))
      .join('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('a merge that does not suit its column is refused by the compiler in a sentence', async () => {
  expect(await compilerSays('export const wrong = c.varchar(9).any()')).toMatch(/any\(\) is for boolean columns/)
  expect(await compilerSays('export const wrong = c.int().all()')).toMatch(/all\(\) is for boolean columns/)
  expect(await compilerSays('export const right = c.boolean().any()')).toBe('')
})
