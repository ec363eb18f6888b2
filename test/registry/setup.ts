import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Test } from 'tap'
import { issueAuthority, issueServing } from '../../src/certs/issue.ts'
import { Credential, Login } from '../../src/core/credential.ts'
import type { Context, Outcome, Probe, PullgateEvent } from '../../src/core/facts.ts'
import { isInvalid, parseReference, type Reference } from '../../src/core/reference.ts'
import { createRegistry, type Registry, type RegistryOptions } from '../../src/registry/probe.ts'
import { type RegistryScript, type ScriptedRegistry, startScriptedRegistry } from '../support/scripted-registry.ts'

const now = new Date()
const authority = issueAuthority({ commonName: 'registry-test-ca', now })
const serving = issueServing({
  authority,
  dnsNames: ['registry.test', 'auth.registry.test', 'elsewhere.example'],
  ipAddresses: ['127.0.0.1'],
  now,
})

/** Trusted by the registry under test. */
export const tls = { cert: serving.certificate, key: serving.key }

const issuedByNobody = issueServing({
  authority: issueAuthority({ commonName: 'unknown-ca', now }),
  dnsNames: ['registry.test'],
  now,
})
export const untrustedTls = { cert: issuedByNobody.certificate, key: issuedByNobody.key }

/** Every name of a test is this machine, except those that are there to be unknown. */
const lookup: LookupFunction = (hostname, options, callback) => {
  if (hostname.endsWith('.invalid')) systemLookup(hostname, options, callback)
  else callback(null, [{ address: '127.0.0.1', family: 4 }])
}

const usualOptions: RegistryOptions = {
  userAgentVersion: '0.0.0-test',
  extraCa: authority.certificate,
  allow: ['127.0.0.0/8'],
  deny: [],
  denyAddresses: [],
  realms: [],
  suggestTags: false,
  cache: { tag: 60_000, content: 86_400_000, absent: 5000, refused: 30_000 },
  perRegistry: 16,
  lookup,
}

export type Scene = { registry: ScriptedRegistry; pullgate: Registry; events: PullgateEvent[]; host: string }

/** A TLS registry, asked under the name `registry.test`. */
export async function openScene(
  t: Test,
  script: RegistryScript,
  options: Partial<RegistryOptions> = {},
): Promise<Scene> {
  const registry = await startRegistry(t, { tls, ...script })
  const events: PullgateEvent[] = []
  const pullgate = openPullgate(t, options, (event) => void events.push(event))
  return { registry, pullgate, events, host: `registry.test:${registry.port}` }
}

export async function startRegistry(t: Test, script: RegistryScript): Promise<ScriptedRegistry> {
  const registry = await startScriptedRegistry(script)
  t.teardown(async () => {
    await registry.close()
    if (registry.unexpected.length > 0) throw new Error(`also asked: ${registry.unexpected.join(', ')}`)
  })
  return registry
}

export function openPullgate(
  t: Test,
  options: Partial<RegistryOptions> = {},
  observe: (event: PullgateEvent) => void = () => undefined,
): Registry {
  const pullgate = createRegistry({ ...usualOptions, ...options }, observe)
  t.teardown(pullgate.close)
  return pullgate
}

export const parse = (image: string): Reference => {
  const reference = parseReference(image)
  if (isInvalid(reference)) throw new Error(reference.invalid)
  return reference
}

export const login = (username: string, password: string, viaHubFallback = false): Credential =>
  new Credential({
    label: `secret/shop/${username === '' ? 'nameless' : username}`,
    matchedKey: 'registry.test',
    login: new Login(username, password),
    viaHubFallback,
  })

export const context = (overrides: Partial<Context> = {}): Context => ({
  signal: new AbortController().signal,
  perImageMilliseconds: 10_000,
  lane: 'admission',
  reach: 'world',
  unremembered: 'passed-over',
  fresh: false,
  trace: false,
  ...overrides,
})

export async function probe(
  { pullgate }: Pick<Scene, 'pullgate'>,
  image: string,
  credentials: readonly Credential[] = [],
  overrides: Partial<Context> = {},
): Promise<Probe> {
  const answer = await pullgate.probe(parse(image), credentials, false, context(overrides))
  if (answer === undefined) throw new Error('nothing is remembered')
  return answer
}

/** Of the last attempt, which is the one that counts where there is but one. */
export async function ask(...question: Parameters<typeof probe>): Promise<Outcome> {
  const { attempts } = await probe(...question)
  const last = attempts.at(-1)
  if (last === undefined) throw new Error('no attempt')
  return last.outcome
}

export const asked = ({ registry }: Pick<Scene, 'registry'>): string[] =>
  registry.requests.map(({ method, path, scheme }) => `${method} ${path}${scheme === undefined ? '' : ` ${scheme}`}`)
