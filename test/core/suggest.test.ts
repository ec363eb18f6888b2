import fc from 'fast-check'
import t from 'tap'
import { nearestTags } from '../../src/core/suggest.ts'

t.test('the nearest tags, the newest of equals first', async (t) => {
  const table: [string, string[], string[]][] = [
    ['v2.1.3', ['v1.0.0', 'v2.1.1', 'v2.1.2', 'v2.1.4', 'v2.2.0', 'latest'], ['v2.1.4', 'v2.1.2', 'v2.1.1']],
    ['2.1.3', ['v2.1.3', '2.1.2'], ['v2.1.3', '2.1.2']],
    ['1.25', ['1.25.1', '1.25.10', '1.25.9', '1.24'], ['1.25.10', '1.25.9', '1.25.1']],
    ['1.25.3-alpine', ['1.25.3', '1.25.2-alpine', '1.26.0-alpine'], ['1.25.3', '1.25.2-alpine', '1.26.0-alpine']],
    ['v9', ['v1', 'v2', 'v3', 'main'], ['v3', 'v2', 'v1']],
    ['stabel', ['stable', 'stable-slim', 'edge'], ['stable']],
    ['mian', ['main', 'latest', 'dev'], ['main']],
    ['lates', ['latest'], []],
    ['latest', ['1.9.0', 'main', '1.10.0', '1.10.0-rc1', 'latest'], ['1.10.0', '1.9.0']],
    ['1.0', ['1.0', 'latest'], []],
    ['main', [], []],
    ['main', ['a-feature', 'quite-another'], []],
    ['STABLE', ['stable'], ['stable']],
    ['20240102', ['20240101', '20231231', 'sha-abc'], ['20240101', '20231231']],
  ]
  for (const [wanted, tags, expected] of table) t.same(nearestTags(wanted, tags), expected, wanted)
  t.equal(nearestTags('v1', ['v2', 'v3', 'v4', 'v5'], 1).length, 1)
})

t.test('whatever the tags, a few of them', async () => {
  const tag = fc.stringMatching(/^[\w][\w.-]{0,127}$/)
  fc.assert(
    fc.property(tag, fc.array(tag), (wanted, tags) => {
      const near = nearestTags(wanted, tags)
      return near.length <= 3 && near.every((one) => tags.includes(one) && one !== wanted && one !== 'latest')
    }),
  )
})

t.test('ten thousand long tags are no burden', async (t) => {
  const tags = Array.from({ length: 10_000 }, (_, number) => `${'ab'.repeat(60)}${number}`.slice(0, 128))
  nearestTags('ab'.repeat(64), tags)
  t.pass()
})

t.test('near means what the whole table of edits says', async () => {
  const edits = (from: string, to: string): number => {
    const table = Array.from({ length: from.length + 1 }, (_, row) =>
      Array.from({ length: to.length + 1 }, (_unused, column) => (row === 0 ? column : column === 0 ? row : 0)),
    )
    const cell = (row: number, column: number) => table[row]?.[column] ?? Number.POSITIVE_INFINITY
    for (let row = 1; row <= from.length; row += 1) {
      for (let column = 1; column <= to.length; column += 1) {
        const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
        const least = Math.min(
          cell(row - 1, column) + 1,
          cell(row, column - 1) + 1,
          cell(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1),
          isSwap ? cell(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        )
        table[row]?.splice(column, 1, least)
      }
    }
    return cell(from.length, to.length)
  }
  const word = fc.stringMatching(/^[ab]{1,14}$/)
  fc.assert(
    fc.property(word, word, (wanted, other) => {
      const limit = Math.min(4, Math.max(1, Math.floor(wanted.length / 3)))
      return nearestTags(wanted, [other]).includes(other) === (wanted !== other && edits(wanted, other) <= limit)
    }),
    { numRuns: 2000 },
  )
})
