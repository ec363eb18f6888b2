import type { LookupFunction } from 'node:net'
import type { Attempt, HostProbe, Observer, Outcome, ProbePort } from '../core/facts.ts'
import { createBudget } from './budget.ts'
import type { Services } from './conversation.ts'
import { createSender } from './exchange.ts'
import { createGuard } from './guard.ts'
import { planHosts } from './hosts.ts'
import { createIdentify } from './identity.ts'
import { createMemo, createMemory } from './memo.ts'
import { createPresentations } from './presentation.ts'
import type { RealmPair } from './realm.ts'
import { followRedirects } from './redirects.ts'
import { createSpeaker } from './speaker.ts'
import { createTransport } from './transport.ts'
import { createTurn } from './turn.ts'

export type RegistryOptions = {
  readonly userAgentVersion: string
  /** PEM, trusted besides the system's. */
  readonly extraCa?: string
  /** CIDRs. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  /** The API server's. */
  readonly denyAddresses: readonly string[]
  readonly realms: readonly RealmPair[]
  readonly suggestTags: boolean
  /** Milliseconds. */
  readonly cache: { readonly tag: number; readonly content: number; readonly absent: number; readonly refused: number }
  /** Requests in flight per registry. */
  readonly perRegistry: number
  readonly exchangeMilliseconds?: number
  /** A monotonic clock in milliseconds, and the resolver: for tests. */
  readonly now?: () => number
  readonly lookup?: LookupFunction
}

export type Registry = { readonly probe: ProbePort; readonly close: () => Promise<void> }

const usualExchangeMilliseconds = 10_000
const mostAnswers = 5000
const mostTokens = 5000
const mostContents = 50_000
// A token that runs out on its way is a refusal that nobody deserves.
const tokenMarginSeconds = 10
const longestTokenSeconds = 3600

export const createRegistry = (options: RegistryOptions, observe: Observer): Registry => {
  const now = options.now ?? (() => performance.now())
  const guard = createGuard(options)
  const transport = createTransport({ ...options, guard })
  const speaker = createSpeaker(transport, createServices(options, observe, now), now)
  const answers = createMemo<HostProbe>({
    name: 'answer',
    max: mostAnswers,
    lifetimeOf: ({ outcome }) => lifetimeOf(outcome, options.cache),
    now,
    observe,
  })
  const identify = createIdentify()
  const turn = createTurn(answers, speaker)
  // `wantIndex` changes nothing yet: the digest is confirmed by HEAD, and platforms are not read.
  const probe: ProbePort = async (reference, credentials, _wantIndex, context) => {
    const started = now()
    const plan = planHosts(reference, guard)
    const attempts: Attempt[] = []
    // The kubelet's turns (kuberuntime_image.go: PullImage): each credential, whatever became of the one before, and
    // anonymous only where there is none.
    for (const credential of credentials.length === 0 ? [undefined] : credentials) {
      const elapsed = attempts.length === 0 ? 0 : now() - started
      const host = await turn({ reference, plan, credential, identity: identify(credential), context, elapsed })
      if (host === undefined) return undefined
      attempts.push({ credential: credential?.label ?? 'anonymous', outcome: host.outcome, hosts: [host] })
      if (host.outcome.kind === 'found') break
    }
    return { attempts }
  }
  return { probe, close: transport.close }
}

const createServices = (options: RegistryOptions, observe: Observer, now: () => number): Services => ({
  send: followRedirects(
    createSender({
      budget: createBudget(options.perRegistry),
      observe,
      userAgent: `pullgate/${options.userAgentVersion}`,
      exchangeMilliseconds: options.exchangeMilliseconds ?? usualExchangeMilliseconds,
    }),
  ),
  tokens: createMemo({
    name: 'token',
    max: mostTokens,
    lifetimeOf: (answer) =>
      answer.kind === 'token' ? (Math.min(answer.lifetimeSeconds, longestTokenSeconds) - tokenMarginSeconds) * 1000 : 0,
    now,
    observe,
  }),
  presentations: createPresentations({
    refusedMilliseconds: options.cache.refused,
    acceptedMilliseconds: options.cache.tag,
    now,
  }),
  content: createMemory(mostContents, now),
  contentMilliseconds: options.cache.content,
  realms: options.realms,
  suggestTags: options.suggestTags,
})

const lifetimeOf = (outcome: Outcome, cache: RegistryOptions['cache']): number => {
  switch (outcome.kind) {
    case 'found':
      return cache.tag
    case 'refused':
      return cache.refused
    case 'absent':
    case 'unsupported':
    case 'rejected':
      return cache.absent
    case 'unanswered':
      return 0
  }
}
