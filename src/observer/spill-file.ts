import { open, stat, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { codeOf } from '../core/index.ts'
import type { Captured } from './tap.ts'

/*
 * A record: the length of the event in bytes and the CRC-32 of what follows, both as 32 bits; the event's time, in milliseconds as 64
 * bits, with the smallest number for none; the event. All little-endian. A record that was only half written ends the file.
 */
const HEADER = 16
const NO_TIME = -(2n ** 63n)
const MAX_EVENT_BYTES = 64 * 2 ** 20

export function encodeRecord({ bytes, time }: Captured): Uint8Array {
  const record = Buffer.alloc(HEADER + bytes.length)
  record.writeUInt32LE(bytes.length, 0)
  record.writeBigInt64LE(time === undefined ? NO_TIME : BigInt(time.getTime()), 8)
  record.set(bytes, HEADER)
  record.writeUInt32LE(crc32(record.subarray(8)), 4)
  return record
}

/** What a stretch of a file holds. */
export interface Records {
  readonly events: readonly Captured[]
  /** Where the next record begins. */
  readonly next: number
}

/** Reads records from a place on: one at least, if there is a whole one, and no more than the limits. Rejects when the file is gone. */
export async function readRecords(path: string, from: number, maxEvents: number, maxBytes: number): Promise<Records> {
  const file = await open(path, 'r')
  try {
    const events: Captured[] = []
    let next = from
    let bytes = await chunk(file, from, Math.max(HEADER, maxBytes))
    while (events.length < maxEvents) {
      const rest = bytes.subarray(next - from)
      const length = rest.length >= HEADER ? rest.readUInt32LE(0) : 0
      if (rest.length < HEADER || length > MAX_EVENT_BYTES) break
      if (rest.length < HEADER + length) {
        if (events.length > 0) break
        // One event larger than the limit.
        const whole = await chunk(file, from, HEADER + length)
        if (whole.length < HEADER + length) break
        bytes = whole
        continue
      }
      if (crc32(rest.subarray(8, HEADER + length)) !== rest.readUInt32LE(4)) break
      const time = rest.readBigInt64LE(8)
      events.push({
        bytes: Uint8Array.from(rest.subarray(HEADER, HEADER + length)),
        time: time === NO_TIME ? undefined : new Date(Number(time)),
      })
      next += HEADER + length
    }
    return { events, next }
  } finally {
    await file.close()
  }
}

async function chunk(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let read = 0
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, from + read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return bytes.subarray(0, read)
}

/** When a file was last touched, in milliseconds; undefined when it is gone. */
export async function touchedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}
