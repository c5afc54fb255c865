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

// `npm run test:vitess` runs these.
const OWN_RUN = 'test/vitess/**'

// Per project, because each has its own engine.
const globalSetup = ['test/support/global-setup.ts']

/** The package by its own name, from its source. */
export const alias: { find: RegExp; replacement: string }[] = [
  { find: /^changeover$/, replacement: `${source}/exports/index.ts` },
  { find: /^changeover\/(\w+)$/, replacement: `${source}/exports/$1.ts` },
]

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      { extends: true, test: { name: 'MariaDB', globalSetup, include: ['test/**/*.test.ts'], exclude: [OWN_RUN] } },
      { extends: true, test: { name: 'MySQL', globalSetup, include: ON_BOTH_ENGINES } },
    ],
    setupFiles: ['test/support/seed.ts', 'test/support/engine.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    unhandledRejections: 'strict',
  },
} as Parameters<typeof defineConfig>[0])
