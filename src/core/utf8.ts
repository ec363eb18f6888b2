// Text as bytes and back, by Go's rules. A byte string is a string with one character per byte: slicing, prefixes and
// comparing work on it as they do on a Go string, whose order is that of its bytes and not of its UTF-16 units.

export type ByteString = string

export const byteStringOf = (text: string): ByteString => Buffer.from(text, 'utf8').toString('latin1')

const wellFormedOrAnyByte =
  /[\0-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\s\S]/g

// Go replaces every byte that belongs to no well-formed sequence, TextDecoder every such run (utf8.DecodeRune).
const replaceEachBadByte = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replace(wellFormedOrAnyByte, (sequence) =>
      sequence.length === 1 && sequence > '\x7f' ? '\ufffd' : Buffer.from(sequence, 'latin1').toString('utf8'),
    )

export const decodeUtf8 = (bytes: Uint8Array): { readonly text: string; readonly isWellFormed: boolean } => {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), isWellFormed: true }
  } catch {
    return { text: replaceEachBadByte(bytes), isWellFormed: false }
  }
}
