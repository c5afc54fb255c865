import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ObjectId } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { eventsOfFile, MAX_LINE_BYTES } from '../../examples/history/load-ndjson.ts'
import { replay } from './replay.ts'
import { hasSample, readOracle, samplePath } from './sample.ts'

const file = {
  _id: { $oid: '4a4519d29998490f93000001' },
  seq: 1,
  type: 'file.created',
  entity: { kind: 'file', id: 'snow ☃/.gitkeep' },
  actor: 'u_0123456789ab',
  at: { $date: '2009-06-26T18:56:18Z' },
  recordedAt: { $date: '2009-06-26T18:56:19Z' },
  payload: { commit: '9998490f', mode: '100644', bytes: 43, blob: 'f82d0ab3', insertions: null, deletions: null },
}
const line = JSON.stringify(file)

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'changeover-load-'))))
afterAll(() => rm(folder, { recursive: true }))

async function load(name: string, content: string | Buffer) {
  const path = join(folder, name)
  await writeFile(path, content)
  return (await replay(eventsOfFile(path))).events
}

describe('eventsOfFile', () => {
  it.skipIf(!hasSample)('loads the whole sample', async () => {
    const { events } = await replay(eventsOfFile(samplePath))
    expect(events.length).toBe(readOracle().events)
  })

  it('reads ids and times as their own types', async () => {
    const [event] = await load('one.ndjson', line)
    expect(event?._id).toBeInstanceOf(ObjectId)
    expect(event).toEqual({
      ...file,
      _id: new ObjectId(file._id.$oid),
      at: new Date(file.at.$date),
      recordedAt: new Date(file.recordedAt.$date),
    })
  })

  it.each([
    ['an empty file', '', 0],
    ['a file without a last line end', `${line}\n${line}`, 2],
    ['a file with Windows line ends', `${line}\r\n${line}\r\n`, 2],
    ['a file with empty lines', `\n${line}\n\n`, 1],
    ['a file with a byte order mark', `\uFEFF${line}\n`, 1],
    ['a line longer than a chunk', JSON.stringify({ ...file, note: 'x'.repeat(300_000) }), 1],
  ])('reads %s, plain and gzipped', async (_, content, expected) => {
    expect(await load('plain.ndjson', content)).toHaveLength(expected)
    expect(await load('packed.ndjson.gz', gzipSync(content))).toHaveLength(expected)
  })

  it.each([
    ['half a document', line.slice(0, 40), 'it is not Extended JSON in UTF-8'],
    ['bytes that are not text', Buffer.from([0x7b, 0xff, 0x7d]), 'it is not Extended JSON in UTF-8'],
    ['an impossible id', edited({ _id: { $oid: 'xyz' } }), 'it is not Extended JSON in UTF-8'],
    ['an id that is text', edited({ _id: '4a4519d29998490f93000001' }), '_id is not an ObjectId'],
    ['a time that is text', edited({ at: '2009-06-26T18:56:18Z' }), 'at is not a date'],
    ['a time that is not valid', edited({ recordedAt: { $date: 'soon' } }), 'recordedAt is not a date'],
    ['a broken number', edited({ seq: 1.5 }), 'seq is not a whole number, zero or more'],
    ['an unknown type', edited({ type: 'file.renamed' }), 'type is not one of author.created, commit.created, '],
    ['a type that every object has as a property', edited({ type: 'toString' }), 'type is not one of'],
    ['an entity of another kind', edited({ entity: { kind: 'commit', id: 'x' } }), "entity.kind is not 'file'"],
    ['a missing payload', edited({ payload: undefined }), 'payload.commit is not a text that is not empty'],
    ['a list', '[]', 'type is not one of'],
    ['null', 'null', 'type is not one of'],
    [
      'a null in a field that is not nullable',
      edited({ payload: { ...file.payload, bytes: null } }),
      'payload.bytes is not a whole number, zero or more',
    ],
  ])('refuses %s with the line and the reason', async (_, bad, why) => {
    const content = Buffer.concat([Buffer.from(`${line}\n\n`), Buffer.from(bad), Buffer.from(`\n${line}\n`)])
    const path = join(folder, 'bad.ndjson')
    await expect(load('bad.ndjson', content)).rejects.toMatchObject({
      code: 'MALFORMED',
      message: expect.stringContaining(`Line 3 of ${path} is not an event: ${why}`) as unknown,
      remedy: expect.stringContaining('that line') as unknown,
    })
  })

  it('refuses an endless line, also when compressed, before it fills the memory', async () => {
    const endless = gzipSync(Buffer.concat([Buffer.from(`${line}\n`), Buffer.alloc(4 * MAX_LINE_BYTES, 0x20)]))
    await expect(load('endless.gz', endless)).rejects.toMatchObject({ code: 'TOO_LARGE', message: /^Line 2 of / })
  })

  it('names a missing file', async () => {
    const path = join(folder, 'nowhere.ndjson')
    for (const missing of [path, `${path}.gz`]) {
      await expect(replay(eventsOfFile(missing))).rejects.toMatchObject({
        code: 'CONFIG',
        message: `The events in ${missing} cannot be read (ENOENT).`,
        remedy: expect.stringContaining('Name a readable file') as unknown,
      })
    }
  })

  it.each([
    ['cut short', gzipSync(`${line}\n`.repeat(1000)).subarray(0, -20)],
    ['not gzip at all', Buffer.from(line)],
  ])('refuses a .gz that is %s', async (_, content) => {
    await expect(load('damaged.gz', content)).rejects.toMatchObject({
      code: 'MALFORMED',
      message: `${join(folder, 'damaged.gz')} is not a complete gzip file.`,
    })
  })

  it.skipIf(process.platform !== 'linux')('closes the file when its reader stops early', async () => {
    const path = join(folder, 'long.ndjson.gz')
    await writeFile(path, gzipSync(edited({ note: randomBytes(1_000_000).toString('hex') }) + `\n${line}`.repeat(9)))
    for await (const event of eventsOfFile(path)) {
      expect(event.seq).toBe(1)
      break
    }
    await vi.waitFor(async () => expect(await openFiles()).not.toContain(path))
  })
})

async function openFiles(): Promise<string[]> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''))
  return Promise.all(links)
}

function edited(fields: Record<string, unknown>): string {
  return JSON.stringify({ ...file, ...fields })
}
