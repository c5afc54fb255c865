import { defineConfig } from 'vitest/config'
import { alias } from '../../vitest.config.ts'

/** `npm run test:vitess`: a run of its own, because it starts a Vitess, and all of its suites share the one keyspace. */
export default defineConfig({
  resolve: { alias },
  test: {
    globalSetup: ['test/vitess/global-setup.ts'],
    include: ['test/vitess/**/*.test.ts'],
    setupFiles: ['test/support/seed.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
    unhandledRejections: 'strict',
  },
} as Parameters<typeof defineConfig>[0])
