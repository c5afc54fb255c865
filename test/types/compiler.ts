import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** What the compiler reports about these modules, by file name. They import the package and its dependencies by name. */
export async function compilerSays(modules: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'changeover-types-'))
  try {
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    for (const [name, code] of Object.entries(modules)) await writeFile(join(folder, name), code)
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
    const options = { extends: join(ROOT, 'tsconfig.json'), include: Object.keys(modules) }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options))
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const said = await new Promise<string>((done) => {
      execFile(process.execPath, [tsc, '-p', folder], (_failed, stdout) => done(stdout))
    })
    return (
      said
        .split('\n')
        // Errors in our own sources are not what is tested; a message that only names one of them is.
        .filter((line) => !/^[^(]*\/src\//.test(line))
        .join('\n')
    )
  } finally {
    await rm(folder, { recursive: true })
  }
}
