// WWW-Authenticate as containerd reads it (core/remotes/docker/auth/parse.go: ParseAuthHeader): each header line is one
// challenge, several in one line are not split, and what is malformed ends the parameters of its line silently.
//
//   line      := token params?                  the scheme, case-insensitive
//   params    := token "=" ( token | quoted ) [ "," params ]
//   quoted    := '"' ( character | "\" character )* '"'        unterminated: the empty value

type Scheme = 'bearer' | 'digest' | 'basic'

export type Challenge = {
  readonly scheme: Scheme
  /** Names in lower case; of equal names the last counts. */
  readonly parameters: ReadonlyMap<string, string>
}

// A registry needs one or two lines of some hundred bytes; the header block as a whole may have 16 KiB.
const longestLine = 8192
const mostLines = 16

const preference: readonly Scheme[] = ['bearer', 'digest', 'basic']

/** In the order in which containerd tries them. Lines over the limits are left out, as are unknown schemes. */
export const parseChallenges = (header: string | readonly string[] | undefined): readonly Challenge[] => {
  const lines = typeof header === 'string' ? [header] : (header ?? [])
  return lines
    .slice(0, mostLines)
    .filter((line) => line.length <= longestLine)
    .flatMap((line) => parseLine(line))
    .sort((left, right) => preference.indexOf(left.scheme) - preference.indexOf(right.scheme))
}

type Cursor = { readonly text: string; position: number }

const parseLine = (text: string): readonly Challenge[] => {
  const cursor: Cursor = { text, position: 0 }
  const name = takeToken(cursor).toLowerCase()
  const scheme = preference.find((known) => known === name)
  return scheme === undefined ? [] : [{ scheme, parameters: takeParameters(cursor) }]
}

// Every pass consumes at least a name and "=", so the work is linear in the length of the line.
const takeParameters = (cursor: Cursor): ReadonlyMap<string, string> => {
  const parameters = new Map<string, string>()
  do {
    skipSpace(cursor)
    const name = takeToken(cursor).toLowerCase()
    if (name === '' || !skip(cursor, '=')) return parameters
    parameters.set(name, skip(cursor, '"') ? takeQuoted(cursor) : takeToken(cursor))
    skipSpace(cursor)
  } while (skip(cursor, ','))
  return parameters
}

const skip = (cursor: Cursor, character: string): boolean => {
  if (cursor.text[cursor.position] !== character) return false
  cursor.position += 1
  return true
}

const takeMatch = (cursor: Cursor, pattern: RegExp): string => {
  pattern.lastIndex = cursor.position
  const found = pattern.exec(cursor.text)?.[0] ?? ''
  cursor.position += found.length
  return found
}

const skipSpace = (cursor: Cursor): void => void takeMatch(cursor, /[ \t\r\n]*/y)

// RFC 9110, 5.6.2, but with what parse.go counts as separators: "/" and ":" end a token, so an unquoted URL is cut.
const takeToken = (cursor: Cursor): string => takeMatch(cursor, /[!#$%&'*+\-.^_`|~0-9A-Za-z]*/y)

const takeQuoted = (cursor: Cursor): string => {
  const inner = takeMatch(cursor, /(?:[^"\\]|\\[^])*/y)
  if (skip(cursor, '"')) return inner.replace(/\\([^])/g, '$1')
  cursor.position = cursor.text.length
  return ''
}
