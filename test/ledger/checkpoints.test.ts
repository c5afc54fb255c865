import { ObjectId } from 'bson'
import { expect, test } from 'vitest'
import { checkpointOf, checkpointRow, checkpointsOf } from '../../src/ledger/checkpoint-rows.ts'
import { Checkpoints } from '../../src/ledger/index.ts'
import { definitionOf } from '../../src/mapping/index.ts'
import { things } from '../property/histories.ts'
import { nextRunId, unfinishedRun, type Checkpoint } from '../../src/ledger/runs.ts'
import { memoryWarehouse } from '../../src/warehouse/index.ts'

const RANGES = [
  { from: undefined, before: new ObjectId() },
  { from: new ObjectId(), before: undefined },
]
const definition = definitionOf(things())
const OWNER = { name: 'things', generation: 3, definition }

function checkpoint(number: number, isDone: boolean, more: Partial<Checkpoint> = {}): Checkpoint {
  const progress = { number, range: { from: number, before: number + 1 }, reached: number, events: 7, isDone }
  return { run: 'r', generation: 3, texts: 'abcd', tables: '', progress, ...more }
}

test.each([
  checkpoint(0, false),
  checkpoint(1, true),
  checkpoint(2, false, {
    progress: { number: 2, range: RANGES[0]!, reached: undefined, events: 0, isDone: false },
  }),
])('a checkpoint is read back as it was written: %j', (given) => {
  expect(checkpointOf(checkpointRow(given))).toEqual(given)
})

test('a run is unfinished when one of its ranges is, under the same generation', () => {
  const open = [checkpoint(0, true), checkpoint(1, false)]
  expect(unfinishedRun(open, 3)).toEqual({ id: 'r', ranges: open.map(({ progress }) => progress) })
  expect(unfinishedRun(open, 4)).toBeUndefined()
  expect(unfinishedRun([checkpoint(0, true)], 3)).toBeUndefined()
  expect(unfinishedRun([], 3)).toBeUndefined()
})

test.each([
  [undefined, '00000001-ab'],
  ['00000001-ff', '00000002-ab'],
  ['00000099-00', '00000100-ab'],
])('the run after %s has a greater id, whatever the clocks say', (latest, id) => {
  expect(nextRunId(latest, 'ab')).toBe(id)
  expect(id > (latest ?? '')).toBe(true)
})

test('a run resumes with its ranges and what each has reached', async () => {
  const checkpoints = new Checkpoints(memoryWarehouse(), OWNER)
  expect(await checkpoints.unfinished()).toBeUndefined()
  const run = await checkpoints.begin(RANGES)
  expect(await checkpoints.unfinished()).toEqual(run)
  const reached = new ObjectId()
  await checkpoints.save(run.id, { ...run.ranges[1]!, reached, events: 5 })
  // An earlier position that arrives late changes nothing.
  await checkpoints.save(run.id, { ...run.ranges[1]!, reached: new ObjectId(), events: 4 })
  const resumed = await checkpoints.unfinished()
  expect(resumed?.ranges[1]).toEqual({ ...run.ranges[1]!, reached, events: 5 })
  for (const range of resumed!.ranges) await checkpoints.save(run.id, { ...range, isDone: true })
  expect(await checkpoints.unfinished()).toBeUndefined()
})

test('only the latest run counts, on however many pages its checkpoints are', async () => {
  const warehouse = memoryWarehouse()
  const checkpoints = new Checkpoints(warehouse, OWNER)
  const many = Array.from({ length: 700 }, (_, from) => ({ from, before: from + 1 }))
  const [earlier, later] = [await checkpoints.begin(many), await checkpoints.begin(many)]
  expect(await checkpoints.unfinished()).toEqual(later)
  for (const range of later.ranges) await checkpoints.save(later.id, { ...range, isDone: true })
  // The earlier one is not finished, and is not resumed either.
  expect(await checkpoints.unfinished()).toBeUndefined()
  expect(earlier.ranges).toHaveLength(700)
  expect(warehouse.rows(checkpointsOf(OWNER))).toHaveLength(1400)
})

test('a run of another generation is not resumed', async () => {
  const warehouse = memoryWarehouse()
  await new Checkpoints(warehouse, OWNER).begin(RANGES)
  expect(await new Checkpoints(warehouse, { ...OWNER, generation: 4 }).unfinished()).toBeUndefined()
  expect(await new Checkpoints(warehouse, { ...OWNER, name: 'others' }).unfinished()).toBeUndefined()
})

test('a signal that has aborted stops reading and writing', async () => {
  const checkpoints = new Checkpoints(memoryWarehouse(), OWNER)
  const run = await checkpoints.begin(RANGES)
  const reason = new Error('stopped')
  const signal = AbortSignal.abort(reason)
  await expect(checkpoints.unfinished({ signal })).rejects.toBe(reason)
  await expect(checkpoints.save(run.id, run.ranges[0]!, { signal })).rejects.toBe(reason)
})

test('a run that was interrupted while it began is not resumed, because ranges of it may be missing', async () => {
  const warehouse = memoryWarehouse()
  const ranges = Array.from({ length: 5 }, (_, i) => ({ from: i, before: i + 1 }))
  // As when a process is killed between two statements of one merge.
  const killed = new Checkpoints(
    {
      scan: (...given) => warehouse.scan(...given),
      async merge(relation, rows, options) {
        await warehouse.merge(relation, rows.slice(0, Math.ceil(rows.length / 2)), options)
        throw new Error('killed')
      },
    },
    OWNER,
  )
  await expect(killed.begin(ranges)).rejects.toThrow('killed')
  const checkpoints = new Checkpoints(warehouse, OWNER)
  expect(await checkpoints.unfinished()).toBeUndefined()
  const run = await checkpoints.begin(ranges)
  expect((await checkpoints.unfinished())?.ranges).toHaveLength(5)
  expect((await checkpoints.unfinished())?.id).toBe(run.id)
})
