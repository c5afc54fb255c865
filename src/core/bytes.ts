/** Bytes as a text, one character per byte: a key for a Map or a Set. Distinct bytes have distinct texts. */
export function bytesToText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
