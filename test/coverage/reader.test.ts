import { expect, it } from 'vitest'
import { SILENT_INTERVALS } from '../../src/coverage/index.ts'
import { isSilent } from '../../src/coverage/reader.ts'

it('takes an observer for silent after three intervals without a heartbeat, and not before', () => {
  const updatedAt = new Date(1_700_000_000_000)
  const after = (ms: number): Date => new Date(updatedAt.getTime() + ms)
  expect(SILENT_INTERVALS).toBe(3)
  expect(isSilent({ updatedAt, everyMs: 5000 }, after(15_000))).toBe(false)
  expect(isSilent({ updatedAt, everyMs: 5000 }, after(15_001))).toBe(true)
})
