// A program that replaces a folder many times, with the same content or another each time: see replace-folder.test.ts.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFolder } from '../../dev/replace-folder.ts'

const [target, times, content] = process.argv.slice(2) as [string, string, string]

/** Enough files that a folder would be seen half written. */
const NAMES = Array.from({ length: 20 }, (_, at) => `part-${at}.js`)

for (let time = 0; time < Number(times); time++) {
  await replaceFolder(target, (folder) => {
    const value = content === 'changing' ? `${process.pid}-${time}` : content
    for (const name of NAMES) writeFileSync(join(folder, name), `export const value = '${value}'\n`)
  })
}
