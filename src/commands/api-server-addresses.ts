/** The API server's addresses, so that no image reference can make Pullgate knock there. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../webhook/decision-log.ts'

const lookupMilliseconds = 3000

export const apiServerAddresses = async (server: string, log: Log): Promise<readonly string[]> => {
  const host = new URL(server).hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return [host]
  const late = pause(lookupMilliseconds, undefined, { ref: false }).then(() => {
    throw new Error('the resolver did not answer in time')
  })
  try {
    return (await Promise.race([lookup(host, { all: true }), late])).map(({ address }) => address)
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown'
    log.warn({ host, why }, 'the API server is not guarded by address')
    return []
  }
}
