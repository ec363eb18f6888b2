import type { Test } from 'tap'
import { type Binaries, findBinaries } from './binaries.ts'

const coldBuildMs = 40 * 60_000
const ordinaryMs = 300_000

/**
 * A test that needs real servers. Where they cannot be had it is skipped with the reason, except in CI, where a skip
 * nobody reads would be worth as much as no test: there it fails.
 */
export async function testWithRealParts(
  t: Test,
  name: string,
  body: (t: Test, binaries: Binaries) => Promise<void>,
): Promise<void> {
  // A cold build outlasts the limit of an ordinary test file.
  t.setTimeout(coldBuildMs)
  const found = await findBinaries((line) => {
    t.comment(line)
  })
  t.setTimeout(ordinaryMs)
  if (!('unavailable' in found)) {
    await t.test(name, (t) => body(t, found))
  } else if (process.env['CI']) {
    t.fail(`${name}: ${found.unavailable}`)
  } else {
    await t.test(name, { skip: found.unavailable }, () => undefined)
  }
}
