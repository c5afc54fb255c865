import { hash } from 'node:crypto'
import { decimalValue, isInt64 } from './decimal.ts'
import { TYPE } from './elements.ts'

/** The longest event key, in bytes. */
export const EVENT_KEY_BYTES = 34

/** Whether a key is that of an ObjectId, whose 12 bytes then follow the first. */
export function isObjectIdKey(key: Uint8Array): boolean {
  return key[0] === TYPE.objectId
}

/**
 * Writes the key of an id: a byte for the type, then the value. Inside an object each part follows its length, so no two objects
 * have one encoding. Receipts are stored under these keys, so what is written for a value cannot change.
 */
export class KeyWriter {
  #buffer = Buffer.allocUnsafe(64)
  #length = 0
  /** Where the lengths of the parts that are being written belong. */
  readonly #parts: number[] = []

  /** The key: what was written, or its SHA-256 when that is too long. */
  key(): Uint8Array {
    const written = this.#buffer.subarray(0, this.#length)
    if (this.#length <= EVENT_KEY_BYTES) return written
    return Buffer.concat([Buffer.of(0xff), hash('sha256', written, 'buffer')])
  }

  /** A type, and the bytes of its value. */
  bytes(type: number, ...values: readonly Uint8Array[]): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = type
    for (const value of values) this.#append(value)
  }

  /** A number by its value: 7, 7.0, a Long of 7 and a Decimal128 of 7 are one. */
  number(value: number): void {
    const whole = Number.isInteger(value) ? BigInt(value) : undefined
    if (whole !== undefined && isInt64(whole)) this.integer(whole)
    else this.#text(TYPE.double, String(value))
  }

  integer(value: bigint): void {
    this.#text(TYPE.int32, String(value))
  }

  /** A Decimal128, by its text. */
  decimal(text: string): void {
    const decimal = decimalValue(text)
    if (decimal.as === 'integer') this.integer(decimal.value)
    else if (decimal.as === 'double') this.number(decimal.value)
    else this.named('Decimal128', { $numberDecimal: decimal.text })
  }

  boolean(value: boolean): void {
    this.#text(TYPE.boolean, String(value))
  }

  /** An instant, in milliseconds. */
  date(milliseconds: number | bigint): void {
    this.#text(TYPE.date, String(milliseconds))
  }

  objectId(bytes: Buffer): void {
    // Within a compound id it has always had the longer form.
    if (this.#parts.length === 0) this.bytes(TYPE.objectId, bytes)
    else this.named('ObjectId', bytes.toString('hex'))
  }

  timestamp(value: string): void {
    this.named('Timestamp', { $timestamp: value })
  }

  /** A value of a type that has no byte of its own. */
  named(type: string, value: object | string = {}): void {
    this.#text(NAMED, `${type} ${JSON.stringify(value)}`)
  }

  regex(pattern: Uint8Array, options: Uint8Array): void {
    this.bytes(TYPE.regex)
    this.part(pattern)
    this.part(options)
  }

  /** A part of an object that is written at once: a name. */
  part(bytes: Uint8Array): void {
    this.begin()
    this.#append(bytes)
    this.end()
  }

  /** Begins a part of an object: a value. */
  begin(): void {
    this.#parts.push(this.#length)
    this.#reserve(4)
    this.#length += 4
  }

  /** Ends the part that was begun last. */
  end(): void {
    const at = this.#parts.pop()!
    this.#buffer.writeUInt32BE(this.#length - at - 4, at)
  }

  #text(type: number, text: string): void {
    this.bytes(type, Buffer.from(text))
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(2 * needed)
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

const NAMED = 0x11
