// Builds dist/ from src/: what is published, and what the examples import.
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import packageJson from '../package.json' with { type: 'json' }
import { markOptionalPeers } from './optional-peers.ts'
import { replaceFolder } from './replace-folder.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = join(root, 'node_modules/typescript/bin/tsc')

await replaceFolder(join(root, 'dist'), (folder) => {
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', folder]
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) throw new Error('The build failed, and dist/ is as it was. See what the compiler says above.')
  markOptionalPeers(folder, Object.keys(packageJson.peerDependenciesMeta))
  chmodSync(join(folder, 'cli/bin.js'), 0o755)
}).catch((thrown: Error) => {
  console.error(thrown.message)
  process.exitCode = 1
})
