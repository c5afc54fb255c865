import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = fileURLToPath(new URL('src', import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^changeover$/, replacement: `${source}/exports/index.ts` },
      { find: /^changeover\/(\w+)$/, replacement: `${source}/exports/$1.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/seed.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    unhandledRejections: 'strict',
  },
} as Parameters<typeof defineConfig>[0])
