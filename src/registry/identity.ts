import { createHmac, randomBytes } from 'node:crypto'
import type { Credential, LoginPair } from '../core/credential.ts'

/** Whose answers these are, and what may be shown to a registry that asks who it is. */
export type Identity = {
  /** Tells credentials apart without being one; worthless outside this process. */
  readonly fingerprint: string
  /** Absent where containerd would show nothing: no credential, or one without user name or password. */
  readonly reveal?: () => LoginPair
  /** What a refusal means where nothing was shown: a credential that matched and is empty is still a credential. */
  readonly unshownStage: 'anonymous' | 'credential'
}

export type Identify = (credential: Credential | undefined) => Identity

export const createIdentify = (): Identify => {
  const key = randomBytes(32)
  return (credential) => {
    if (credential === undefined) return { fingerprint: 'anonymous', unshownStage: 'anonymous' }
    const { username, password } = credential.reveal()
    const fingerprint = createHmac('sha256', key)
      .update(JSON.stringify([username, password]))
      .digest('base64url')
    // internal/cri/server/images: ParseAuth drops a password without a user name; authorizer.go: AddResponses and
    // doBearerAuth take a user name without a password for no credential.
    const isShown = username !== '' && password !== ''
    return {
      fingerprint,
      unshownStage: 'credential',
      ...(isShown ? { reveal: () => credential.reveal() } : {}),
    }
  }
}

export const basicHeader = ({ username, password }: LoginPair): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** What no message may repeat, for registries that quote what they were sent. */
export const secretsOf = ({ reveal }: Identity): readonly string[] => {
  if (reveal === undefined) return []
  const login = reveal()
  return [basicHeader(login).slice('Basic '.length), login.password, encodeURIComponent(login.password)]
}
