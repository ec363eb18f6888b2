import type { Readable } from 'node:stream'

/** At most `limit` bytes of a body; the connection of one that has more is closed, for draining it may take for ever. */
export const readBody = async (
  body: Readable,
  limit: number,
): Promise<{ readonly bytes: Buffer; readonly overflow: boolean }> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) return { bytes: Buffer.concat(chunks), overflow: true }
    chunks.push(chunk)
  }
  return { bytes: Buffer.concat(chunks), overflow: false }
}
