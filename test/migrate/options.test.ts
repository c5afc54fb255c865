import { describe, expect, it } from 'vitest'
import { DEFAULT_HEAL_MARGIN_MS, DEFAULT_SETTLE_MS, resolveHealOptions } from '../../src/migrate/heal-options.ts'
import {
  DEFAULT_BATCH_BYTES,
  DEFAULT_BATCH_EVENTS,
  DEFAULT_PARALLEL,
  DEFAULT_RANGES,
  resolveMigrateOptions,
  type MigrateOptions,
} from '../../src/migrate/options.ts'
import type { HealOptions } from '../../src/migrate/index.ts'
import { memoryEvents } from '../../src/stream/index.ts'
import { staged } from './history.ts'
import { history } from '../../examples/history/migration.ts'

describe('the options of migrate', () => {
  it('have the documented defaults', async () => {
    const { source, warehouse } = await staged([])
    expect(resolveMigrateOptions({ source, warehouse })).toMatchObject({
      ranges: DEFAULT_RANGES,
      parallel: DEFAULT_PARALLEL,
      batchEvents: DEFAULT_BATCH_EVENTS,
      batchBytes: DEFAULT_BATCH_BYTES,
      fresh: false,
    })
    expect([DEFAULT_RANGES, DEFAULT_PARALLEL, DEFAULT_BATCH_EVENTS]).toEqual([16, 2, 1000])
  })

  it.each([
    ['ranges', 0],
    ['parallel', -1],
    ['parallel', 1e12],
    ['batchEvents', 1.5],
    ['batchBytes', 0],
    ['batchEvents', Number.NaN],
  ])('must be whole numbers from 1: %s is %d', async (name, value) => {
    const { warehouse } = await staged([])
    const options = { source: memoryEvents([], history), warehouse, [name]: value }
    expect(() => resolveMigrateOptions(options)).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: `The option ${name} of migrate is ${value}.`,
        remedy: expect.stringMatching(/^Use a whole number from 1( to \d+)?\.$/) as unknown,
      }) as Error,
    )
  })

  it('must have a source', async () => {
    const { mongo, warehouse } = await staged([])
    const old: object = { mongo, warehouse }
    expect(() => resolveMigrateOptions(old as MigrateOptions)).toThrow('The option source of migrate is missing.')
  })
})

describe('the options of heal', () => {
  it('have the documented defaults', async () => {
    expect(resolveHealOptions(await staged([]))).toMatchObject({
      coverage: 'changeover_coverage',
      marginMs: DEFAULT_HEAL_MARGIN_MS,
      settleMs: DEFAULT_SETTLE_MS,
      outageMs: 600_000,
    })
    expect([DEFAULT_HEAL_MARGIN_MS, DEFAULT_SETTLE_MS]).toEqual([300_000, 60_000])
  })

  it.each([
    ['marginMs', -1],
    ['settleMs', 0.5],
  ])('must be whole numbers from 0: %s is %d', async (name, value) => {
    const options: HealOptions = { ...(await staged([])), [name]: value }
    expect(() => resolveHealOptions(options)).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: `The option ${name} of heal is ${value}.`,
        remedy: 'Use a whole number from 0.',
      }) as Error,
    )
  })
})
