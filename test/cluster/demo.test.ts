/** The demo as a stranger runs it, with the control plane and without one. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { testWithRealParts } from '../support/real-parts.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))

const play = async (...flags: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const program = [`--import=${import.meta.resolve('tsx')}`, 'demo/demo.ts', ...flags]
    execFile(process.execPath, program, { cwd: project, timeout: 180_000 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr })
    })
  })

const outcomes = [
  'admitted',
  'refused',
  'refused',
  'refused',
  'refused',
  'refused',
  'refused',
  'admitted with a warning',
]

const shows = async (t: Test, ...flags: string[]): Promise<void> => {
  const { status, stdout, stderr } = await play(...flags)
  t.equal(status, 0, stderr)
  t.strictSame(
    [...stdout.matchAll(/^ +=> (.*)$/gm)].map(([, outcome]) => outcome),
    outcomes,
  )
  t.match(stdout, 'Did you mean v2.1.3')
  t.match(stdout, 'The pull secret regcred-typo does not exist in namespace shop')
  t.match(stdout, 'refused the credential in secret/shop/regcred-old')
  t.match(stdout, 'All 8 cases came out as expected.')
  t.notMatch(stdout + stderr, 'robot-secret')
}

await t.test('without a control plane', async (t) => shows(t, '--no-control-plane'))

await testWithRealParts(t, 'on a real control plane', async (t) => shows(t))
