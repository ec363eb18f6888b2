// A user name and password that print as nothing: they live in private fields, which JSON, inspection, spreading and
// structured cloning do not see, and the printing hooks below answer in their stead. Reading them takes an explicit
// `reveal`, so that every use of a secret can be found by searching for that word.

export type LoginPair = { readonly username: string; readonly password: string }

// util.inspect's hook is a registered symbol, so core needs no import of node:util to answer it.
const inspectHook = Symbol.for('nodejs.util.inspect.custom')

export class Login {
  // The pair is no valid UTF-8. The kubelet keeps the bytes and then cannot send them to the container runtime, whose
  // protocol carries UTF-8 strings only: an attempt with this login fails before any registry is asked.
  readonly isMisencoded: boolean
  readonly #username: string
  readonly #password: string

  constructor(username: string, password: string, isMisencoded = false) {
    this.#username = username
    this.#password = password
    this.isMisencoded = isMisencoded
  }

  // containerd ignores a password without a user name (internal/cri/server/images: ParseAuth).
  get isAnonymous(): boolean {
    return this.#username === ''
  }

  reveal(): LoginPair {
    return { username: this.#username, password: this.#password }
  }

  toJSON(): undefined {
    return undefined
  }

  toString(): string {
    return '[login]'
  }

  [inspectHook](): string {
    return '[login]'
  }
}

export type CredentialOptions = {
  // Where it comes from, such as "secret/shop/regcred".
  readonly label: string
  // The key that the image's name matched, as it is written there (without user name, query and fragment).
  readonly matchedKey: string
  readonly login: Login
  readonly viaHubFallback?: boolean
}

export class Credential {
  readonly label: string
  readonly matchedKey: string
  // True for a Docker Hub credential that the kubelet would hand to another registry, because the registry's name has
  // neither "." nor ":" (localhost/app, MYREG/app). It must never be sent to a host that is not Docker Hub's.
  readonly viaHubFallback: boolean
  readonly #login: Login

  constructor({ label, matchedKey, login, viaHubFallback = false }: CredentialOptions) {
    this.label = label
    this.matchedKey = matchedKey
    this.viaHubFallback = viaHubFallback
    this.#login = login
  }

  // Sent as no credential at all, although it takes a credential's turn.
  get isAnonymous(): boolean {
    return this.#login.isAnonymous
  }

  get isMisencoded(): boolean {
    return this.#login.isMisencoded
  }

  reveal(): LoginPair {
    return this.#login.reveal()
  }

  toJSON(): { readonly label: string; readonly matchedKey: string } {
    return { label: this.label, matchedKey: this.matchedKey }
  }

  toString(): string {
    return this.label
  }

  [inspectHook](): string {
    return `[credential ${this.label}]`
  }
}
