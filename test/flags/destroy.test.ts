import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { destroyUnleash } from '../../src/flags/index.ts'

const script = fileURLToPath(new URL('destroy-child.ts', import.meta.url))

function runChild(how: 'helped' | 'unhelped'): { status: number | null; stdout: string; stderr: string } {
  // Under NODE_ENV=test unleash-client keeps its process alive by a timer.
  const env = { ...process.env, NODE_ENV: 'production' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, how], {
    encoding: 'utf8',
    env,
    timeout: 20_000,
  })
  return { status, stdout, stderr }
}

test('keeps the process alive when a fetch fails after the instance was destroyed', () => {
  expect(runChild('helped')).toEqual({ status: 0, stdout: 'alive, false', stderr: '' })
})

// When this fails, unleash-client is fixed and destroyUnleash is no longer needed.
test('a plain destroy() ends the process in that case', () => {
  expect(runChild('unhelped')).toMatchObject({ status: 1, stdout: '' })
})

test('destroys an instance without a repository', () => {
  const destroy = vi.fn<() => void>()
  destroyUnleash({ destroy })
  expect(destroy).toHaveBeenCalledOnce()
})
