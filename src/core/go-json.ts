// JSON as Go's encoding/json reads it. It differs from JSON.parse where it matters for pull secrets: an object keeps every
// member, duplicates included, in order (which of them counts is the reader's rule: structs merge, maps replace); field
// names of structs match without regard to case; half a surrogate pair becomes U+FFFD; nesting is limited.
//
// The contents of arrays and the values of numbers are checked but not kept: no pull secret has a place for them.

export type JsonMember = { readonly name: string; readonly value: JsonValue }
export type JsonValue =
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'array' | 'number' | 'boolean' | 'null' }

export type JsonSyntaxError = { readonly offset: number }

// scanner.go: maxNestingDepth.
const deepestNesting = 10_000

type Container = { readonly kind: 'object'; readonly members: JsonMember[]; name: string } | { readonly kind: 'array' }
type State = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or end' | 'end'
type Token = { readonly mark: string; readonly value?: JsonValue }

const whitespace = /[ \t\r\n]*/y
const plainText = /[^"\\\0-\x1f]*/y
const escapedCharacter = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const scalar = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y

const scalarOf = (literal: string): JsonValue => {
  if (literal === 'null') return { kind: 'null' }
  return { kind: literal === 'true' || literal === 'false' ? 'boolean' : 'number' }
}

const unquote = (literal: string): string => {
  const text = literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1)
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

// Keeps its own stack instead of calling itself, so that deep nesting cannot exhaust JavaScript's.
class Reader {
  offset = 0
  #root: JsonValue | undefined
  readonly #text: string
  readonly #open: Container[] = []

  constructor(text: string) {
    this.#text = text
  }

  read(): JsonValue | undefined {
    let state: State | undefined = 'value'
    while (state !== undefined && state !== 'end') state = this.#step(state, this.#nextToken())
    return state === 'end' && this.#nextToken() === undefined && this.offset === this.#text.length
      ? this.#root
      : undefined
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.offset += found.length
    return found
  }

  #nextToken(): Token | undefined {
    this.#match(whitespace)
    const mark = this.#text.charAt(this.offset)
    if (mark !== '' && '{}[],:'.includes(mark)) {
      this.offset += 1
      return { mark }
    }
    const quoted = mark === '"' ? this.#string() : undefined
    if (quoted !== undefined) return { mark: 'string', value: { kind: 'string', text: unquote(quoted) } }
    const literal = this.#match(scalar)
    return literal === undefined ? undefined : { mark: 'scalar', value: scalarOf(literal) }
  }

  // One pattern for all of it would need a backtracking stack as long as the string, and overflow it.
  #string(): string | undefined {
    const start = this.offset
    this.offset += 1
    do this.#match(plainText)
    while (this.#match(escapedCharacter) !== undefined)
    if (this.#text.charAt(this.offset) !== '"') return undefined
    this.offset += 1
    return this.#text.slice(start, this.offset)
  }

  #step(state: State, token: Token | undefined): State | undefined {
    if (token === undefined) return undefined
    if (state === ':') return token.mark === ':' ? 'value' : undefined
    if (state === ', or end') return this.#afterValue(token.mark)
    // "name or }", "value or ]": an empty container ends where its first member could begin.
    if (state.endsWith(` or ${token.mark}`)) return this.#close()
    return state.startsWith('name') ? this.#name(token) : this.#value(token)
  }

  #name({ value }: Token): State | undefined {
    const object = this.#open.at(-1)
    if (value?.kind !== 'string' || object?.kind !== 'object') return undefined
    object.name = value.text
    return ':'
  }

  #value({ mark, value }: Token): State | undefined {
    if (value !== undefined) return this.#put(value)
    if (mark !== '{' && mark !== '[') return undefined
    if (this.#open.length >= deepestNesting) return undefined
    this.#open.push(mark === '{' ? { kind: 'object', members: [], name: '' } : { kind: 'array' })
    return mark === '{' ? 'name or }' : 'value or ]'
  }

  #put(value: JsonValue): State {
    const container = this.#open.at(-1)
    if (container === undefined) {
      this.#root = value
      return 'end'
    }
    if (container.kind === 'object') container.members.push({ name: container.name, value })
    return ', or end'
  }

  #afterValue(mark: string): State | undefined {
    const isObject = this.#open.at(-1)?.kind === 'object'
    if (mark === ',') return isObject ? 'name' : 'value'
    return mark === (isObject ? '}' : ']') ? this.#close() : undefined
  }

  #close(): State | undefined {
    const closed = this.#open.pop()
    if (closed === undefined) return undefined
    return this.#put(closed.kind === 'object' ? { kind: 'object', members: closed.members } : { kind: 'array' })
  }
}

export const readJson = (text: string): JsonValue | JsonSyntaxError => {
  const reader = new Reader(text)
  return reader.read() ?? { offset: reader.offset }
}

export const isSyntaxError = (read: JsonValue | JsonSyntaxError): read is JsonSyntaxError => 'offset' in read

// fold.go: foldName. Of the letters outside ASCII only U+017F (long s) and U+212A (kelvin) fold into it.
const fold = (name: string): string =>
  name
    .replace(/\u017f/g, 's')
    .replace(/\u212a/g, 'k')
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

export const isFieldName = (written: string, field: string): boolean =>
  written === field || fold(written) === fold(field)
