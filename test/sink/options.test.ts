import { describe, expect, it } from 'vitest'
import { history } from '../../examples/history/migration.ts'
import { memoryQueue } from '../../src/queue/index.ts'
import { createSink, type SinkOptions } from '../../src/sink/index.ts'
import { resolveSinkOptions } from '../../src/sink/options.ts'
import { targetThat } from './sinking.ts'

const warehouse = targetThat(async () => {})

describe('the options of createSink', () => {
  it('have defaults', () => {
    expect(resolveSinkOptions({ warehouse })).toMatchObject({
      batchMessages: 30,
      batchBytes: 8_388_608,
      visibilitySeconds: 60,
      maxLeases: 30,
      waitSeconds: 20,
      graceMs: 10_000,
      queue: undefined,
    })
  })

  it.each<[keyof SinkOptions, number, string]>([
    ['batchMessages', 0, 'from 1.'],
    ['batchMessages', 2.5, 'from 1.'],
    ['batchBytes', 0, 'from 1.'],
    ['visibilitySeconds', 0, 'from 1 to 43200.'],
    ['visibilitySeconds', 43_201, 'from 1 to 43200.'],
    ['maxLeases', 0, 'from 1.'],
    ['waitSeconds', -1, 'from 0 to 20.'],
    ['waitSeconds', 21, 'from 0 to 20.'],
    ['graceMs', -1, 'from 0 to 2147483647.'],
    ['graceMs', Number.NaN, 'from 0 to 2147483647.'],
  ])('refuse %s: %s', (name, value, range) => {
    expect(() => createSink(history, { warehouse, [name]: value })).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: `The option ${name} of createSink is ${value}.`,
        remedy: `Use a whole number ${range}`,
      }),
    )
  })

  it.each([
    ['batchMessages', 1],
    ['visibilitySeconds', 1],
    ['visibilitySeconds', 43_200],
    ['waitSeconds', 0],
    ['waitSeconds', 20],
    ['graceMs', 0],
  ])('allow %s: %s', (name, value) => {
    expect(() => createSink(history, { warehouse, [name]: value })).not.toThrow()
  })

  it.each([
    ['without a warehouse', { warehouse: undefined }, 'The option warehouse of createSink is missing.'],
    [
      'with a warehouse that cannot merge',
      { warehouse: {} },
      'The option warehouse of createSink has no method merge().',
    ],
    ...(['receive', 'acknowledge', 'extend'] as const).map((method): [string, object, string] => [
      `with a queue without ${method}()`,
      { warehouse, queue: { ...memoryQueue(), [method]: undefined } },
      `The option queue of createSink has no method ${method}().`,
    ]),
  ])('refuse a sink %s', (_, options, message) => {
    expect(() => createSink(history, options as SinkOptions)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message }),
    )
  })
})
