import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = fileURLToPath(new URL('src', import.meta.url))

/** The suites whose subject is the warehouse run on both engines; `test/support/global-setup.ts` starts the engine that the project is named after. */
const ON_BOTH_ENGINES = [
  ...['warehouse', 'apply', 'sink', 'property', 'migrate', 'ledger', 'testing'].map(
    (room) => `test/${room}/**/*.test.ts`,
  ),
  'test/fault/kills.test.ts',
]

// Per project, because each has its own engine.
const globalSetup = ['test/support/global-setup.ts']

export default defineConfig({
  resolve: {
    alias: [
      { find: /^changeover$/, replacement: `${source}/exports/index.ts` },
      { find: /^changeover\/(\w+)$/, replacement: `${source}/exports/$1.ts` },
    ],
  },
  test: {
    projects: [
      { extends: true, test: { name: 'MariaDB', globalSetup, include: ['test/**/*.test.ts'] } },
      { extends: true, test: { name: 'MySQL', globalSetup, include: ON_BOTH_ENGINES } },
    ],
    setupFiles: ['test/support/seed.ts', 'test/support/engine.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    unhandledRejections: 'strict',
  },
} as Parameters<typeof defineConfig>[0])
