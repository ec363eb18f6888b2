// Base64 as Go's encoding/base64 reads it (StdEncoding with padding, RawStdEncoding without): line breaks anywhere are
// skipped, any other foreign character is an error, and so is padding that is missing or too much. Node's own decoder
// forgives all of that and also takes the URL-safe alphabet, so it only gets what has passed here.

export type Padding = 'padded' | 'unpadded'

export const decodeBase64 = (text: string, padding: Padding): Uint8Array | undefined => {
  const compact = text.replace(/[\r\n]+/g, '')
  const isWellFormed =
    padding === 'padded'
      ? compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact)
      : compact.length % 4 !== 1 && /^[A-Za-z0-9+/]*$/.test(compact)
  return isWellFormed ? Buffer.from(compact, 'base64') : undefined
}
