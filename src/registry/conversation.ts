import type { Outcome } from '../core/facts.ts'
import type { Reference } from '../core/reference.ts'
import { repositoryOf } from '../core/reference.ts'
import type { Line, RegistryRequest, Reply, Send } from './exchange.ts'
import type { Host } from './hosts.ts'
import { type Identity, secretsOf } from './identity.ts'
import type { Memo, Memory } from './memo.ts'
import { ociErrorOf } from './oci-error.ts'
import type { Presentations } from './presentation.ts'
import type { RealmPair } from './realm.ts'
import { shownText } from './redaction.ts'
import type { Unanswered } from './unanswered.ts'

// One credential's question at one host, and what it needs on the way.

export type Authorization = {
  readonly scheme: 'Basic' | 'Bearer'
  readonly header: string
  /** It has been good before, so a 401 may mean that it has run out. */
  readonly isUsed: boolean
  readonly tokenKey?: string
}

type Token = { readonly kind: 'token'; readonly value: string; readonly lifetimeSeconds: number }
/** A refusal that a token server may not have said: nothing certain, and yet an attempt. */
type Unsigned = { readonly kind: 'unsigned'; readonly status: 401 | 403; readonly outcome: Unanswered }
export type TokenAnswer = Token | Unsigned | Outcome

/** What all conversations of one process share. */
export type Services = {
  readonly send: Send
  readonly tokens: Memo<TokenAnswer>
  readonly presentations: Presentations
  /** Manifests that a credential has seen under their digest. */
  readonly content: Memory<object>
  readonly contentMilliseconds: number
  readonly realms: readonly RealmPair[]
  readonly suggestTags: boolean
}

export type Conversation = {
  readonly host: Host
  readonly reference: Reference
  readonly identity: Identity
  readonly line: Line
  readonly limitMilliseconds: number
  readonly services: Services
  /** The outcome as it stands, for those who cannot wait for what may still be added to it. */
  readonly tell: (soFar: Outcome) => void
  authorization?: Authorization
  /** Something came from this host that only a registry says. Without it no refusal and no 404 is believed. */
  registrySpoke: boolean
}

// core/remotes/docker/resolver.go: Resolve. Another list gets other answers: a registry converts or hides what it cannot
// serve in an accepted type.
export const acceptedManifests = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  '*/*',
].join(', ')

export const registryUrl = ({ host, reference }: Conversation, path: string): URL =>
  new URL(`${host.scheme}://${host.name}/v2/${repositoryOf(reference)}/${path}`)

export type Question = Pick<RegistryRequest, 'method' | 'url' | 'bodyLimit'> & { readonly accept: string }

/** Sends it with the authorization that the conversation has reached. */
export const sendTo = (conversation: Conversation, question: Question): ReturnType<Send> => {
  const { accept, ...request } = question
  const { authorization, line, services } = conversation
  const headers = { accept, ...(authorization === undefined ? {} : { authorization: authorization.header }) }
  return services.send(line, { ...request, headers })
}

/** A registry's own words on an error, fit to show. */
export const wordsOf = (reply: Reply, identity: Identity): string | undefined => {
  const error = ociErrorOf(reply.body)
  if (error === undefined) return undefined
  return shownText(error.message === '' ? error.code : `${error.code}: ${error.message}`, secretsOf(identity))
}

export const saysItIsRegistry = (reply: Reply): boolean =>
  reply.header('docker-distribution-api-version') !== undefined || ociErrorOf(reply.body) !== undefined
