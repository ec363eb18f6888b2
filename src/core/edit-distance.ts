/** How far two words are apart, for "did you mean". */

// Computed within a band, so that the worst list of words costs a fraction of a second and an ordinary one nothing to
// speak of; further apart nobody recognises a typing mistake.
export const mostEdits = 4

/**
 * Letters to insert, delete, replace or swap with their neighbour (optimal string alignment), counted up to `mostEdits`;
 * anything above is `mostEdits + 1`. Only the band around the diagonal can stay below, so only that is looked at.
 */
export const editDistance = (from: string, to: string): number => {
  const over = mostEdits + 1
  if (Math.abs(from.length - to.length) > mostEdits) return over
  let twoUp: number[] = []
  let up = Array.from({ length: to.length + 1 }, (_, column) => Math.min(column, over))
  for (let row = 1; row <= from.length; row += 1) {
    const current = new Array<number>(to.length + 1).fill(over)
    current[0] = Math.min(row, over)
    const last = Math.min(to.length, row + mostEdits)
    for (let column = Math.max(1, row - mostEdits); column <= last; column += 1) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current[column] = Math.min(
        at(up, column) + 1,
        at(current, column - 1) + 1,
        at(up, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(twoUp, column - 2) + 1 : over,
      )
    }
    if (current.every((edits) => edits >= over)) return over
    twoUp = up
    up = current
  }
  return Math.min(at(up, to.length), over)
}

const at = (row: readonly number[], column: number): number => row[column] ?? mostEdits + 1

/** The one of the known words that was probably meant. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= Math.min(mostEdits, Math.max(1, Math.floor(word.length / 2))))
    .toSorted((a, b) => a.edits - b.edits)
  return ranked[0]?.candidate
}
