import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = join(import.meta.dirname, '../fixtures/admission-reviews')

export type Recording = { name: string; body: string; review: { request: Record<string, unknown> & { uid: string } } }

/** What a kube-apiserver sent, byte for byte. */
export const recordings: readonly Recording[] = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => {
    const body = readFileSync(join(directory, name), 'utf8')
    return { name, body, review: JSON.parse(body) as Recording['review'] }
  })

export const recording = (name: string): Recording => {
  const found = recordings.find((candidate) => candidate.name === `${name}.json`)
  if (found === undefined) throw new Error(`there is no recording ${name}`)
  return found
}

export const podCreate = recording('pod-create.CREATE-pods')
