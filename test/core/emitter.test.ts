import { expect, it } from 'vitest'
import { until } from '../../src/core/abort.ts'
import { SafeEmitter } from '../../src/core/emitter.ts'

it('calls each listener for its own events, until the listener is removed', () => {
  const emitter = new SafeEmitter<{ tick: number; other: string }>()
  const heard: unknown[] = []
  const off = emitter.on('tick', (n) => heard.push(n))
  emitter.on('tick', (n) => heard.push(-n))
  emitter.on('other', (text) => heard.push(text))
  emitter.emit('tick', 1)
  off()
  off()
  emitter.emit('tick', 2)
  emitter.emit('other', 'text')
  expect(heard).toEqual([1, -1, -2, 'text'])
})

it('reports listeners that throw or reject, and still calls the next', async () => {
  const failures: unknown[] = []
  const emitter = new SafeEmitter<{ tick: number }>((thrown) => failures.push(thrown))
  const heard: number[] = []
  emitter.on('tick', () => {
    throw new Error('thrown')
  })
  emitter.on('tick', async () => Promise.reject(new Error('rejected')))
  emitter.on('tick', (n) => heard.push(n))
  emitter.emit('tick', 1)
  await until(() => failures.length === 2, { signal: AbortSignal.timeout(5000), everyMs: 1 })
  expect(heard).toEqual([1])
  expect(failures).toEqual([new Error('thrown'), new Error('rejected')])
})

it('lets a listener remove itself while it is called', () => {
  const emitter = new SafeEmitter<{ tick: number }>()
  const heard: number[] = []
  const off = emitter.on('tick', (n) => {
    heard.push(n)
    off()
  })
  emitter.on('tick', (n) => heard.push(n))
  emitter.emit('tick', 1)
  emitter.emit('tick', 2)
  expect(heard).toEqual([1, 1, 2])
})
