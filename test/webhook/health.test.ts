import t from 'tap'
import { readyz } from '../../src/webhook/health.ts'

await t.test('an advisory condition is told and does not count', async (t) => {
  const conditions = [
    { name: 'certificate', ok: true },
    { name: 'configuration', ok: false, why: 'refused', advisory: true },
  ]
  t.strictSame(readyz(conditions, false), { code: 200, text: 'ok' })
  t.strictSame(readyz(conditions, true), {
    code: 200,
    text: '[+]certificate ok\n[-]configuration failed: refused\nreadyz check passed\n',
  })
  t.strictSame(readyz([...conditions, { name: 'shutdown', ok: false }], false), {
    code: 503,
    text: '[+]certificate ok\n[-]configuration failed: refused\n[-]shutdown failed\nreadyz check failed\n',
  })
})
