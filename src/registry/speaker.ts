import type { Exchange, HostProbe, Outcome } from '../core/facts.ts'
import type { Reference } from '../core/reference.ts'
import type { Lane } from './budget.ts'
import type { Services } from './conversation.ts'
import type { Line } from './exchange.ts'
import type { Host } from './hosts.ts'
import type { Identity } from './identity.ts'
import { askManifest } from './manifest.ts'
import { createMemory, remember } from './memo.ts'
import type { Transport } from './transport.ts'

// A whole question to one host, under a limit of its own: it may be waited for by many, and is ended by none of them.

type SpeakerQuestion = {
  readonly host: Host
  readonly reference: Reference
  readonly identity: Identity
  readonly lane: Lane
  readonly limitMilliseconds: number
  /** Takes the answer as it stands before what is merely useful is asked. */
  readonly tell: (soFar: HostProbe) => void
}

export type Speaker = (question: SpeakerQuestion) => Promise<HostProbe>

const mostPlainHosts = 1000
const plainMilliseconds = 10 * 60 * 1000

export const createSpeaker = (transport: Transport, services: Services, now: () => number): Speaker => {
  // Hosts without TLS among those for which containerd falls back (resolver.go: httpFallback).
  const plainHosts = createMemory<object>(mostPlainHosts, now)
  return async ({ host, reference, identity, lane, limitMilliseconds, tell }) => {
    const requests: Exchange[] = []
    const signal = AbortSignal.timeout(limitMilliseconds)
    const answer = (outcome: Outcome): HostProbe => ({ host: host.name, outcome, requests: [...requests] })
    const line = { registry: host.name, dispatcherFor: dispatcherFor(transport, host), lane, signal, requests }
    const tellOutcome = (soFar: Outcome): void => {
      tell(answer(soFar))
    }
    const shared = { reference, identity, line, limitMilliseconds, services, tell: tellOutcome }
    const speak = (as: Host): Promise<Outcome> => askManifest({ ...shared, host: as, registrySpoke: false })
    const plainly: Host = { ...host, scheme: 'http', fallsBackToHttp: false }
    if (!host.fallsBackToHttp) return answer(await speak(host))
    if (plainHosts.has(host.name)) return answer(await speak(plainly))
    const secure = await speak(host)
    if (secure.kind !== 'unanswered' || secure.cause !== 'plain-http') return answer(secure)
    remember(plainHosts, host.name, {}, plainMilliseconds)
    return answer(await speak(plainly))
  }
}

// That a certificate is not checked is a property of `localhost`, not of the conversation: a token server or the target
// of a redirect on another host has to prove itself, above all before it gets a password.
const dispatcherFor = (transport: Transport, { name, isVerified }: Host): Line['dispatcherFor'] => {
  const { hostname } = new URL(`https://${name}`)
  return (url) => (isVerified || url.hostname !== hostname ? transport.verified : transport.unverified)
}
