import t from 'tap'
import type { ClusterClient } from '../../src/cluster/client.ts'
import { createAdapters } from '../../src/commands/adapters.ts'
import { defaultConfig } from '../../src/config.ts'

const client: ClusterClient = {
  server: 'https://127.0.0.1:6443',
  namespace: undefined,
  ask: async () => ({ state: 'absent', why: 'nothing is there' }),
  write: async () => ({ state: 'written' }),
  close: async () => undefined,
}

const open = () => {
  let closed = 0
  let onClosed = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    onClosed = () => {
      closed += 1
      resolve()
    }
  })
  const surroundings = { client, version: '0.0.0', observe: () => undefined, addresses: [] }
  return { adapters: createAdapters(defaultConfig, surroundings, onClosed), closed: () => closed, ended }
}

t.test('retired adapters are closed when the last work with them is done, and then forgotten', async (t) => {
  const { adapters, closed, ended } = open()
  let finish = (): void => undefined
  const work = adapters.during(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve
      }),
  )
  adapters.retire()
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(closed(), 0, 'somebody still works with them')
  finish()
  await work
  await ended
  await adapters.close()
  t.equal(closed(), 1, 'once, however often they are closed')
})

t.test('idle adapters are closed as soon as they retire', async (t) => {
  const { adapters, closed, ended } = open()
  adapters.retire()
  await ended
  t.equal(closed(), 1)
})
