import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { inspectPair } from '../../src/certs/inspect.ts'
import { issueAuthority } from '../../src/certs/issue.ts'
import type { CertsArgs } from '../../src/commands/certs.ts'
import { runCerts } from '../../src/commands/certs.ts'

const root = await mkdtemp(join(tmpdir(), 'pullgate-certs-'))
t.teardown(async () => rm(root, { recursive: true, force: true }))
let count = 0
const newDirectory = () => {
  count += 1
  return join(root, `certs-${count}`, 'deeper')
}
const start = new Date()
const inCluster = 'pullgate.pullgate-system.svc'

const run = async (args: Partial<CertsArgs> & { directory: string }, now = start) => {
  let stdout = ''
  let stderr = ''
  const status = await runCerts(
    { service: 'pullgate', namespace: 'pullgate-system', ...args },
    { stdout: (text) => (stdout += text), stderr: (text) => (stderr += text), now: () => now },
  )
  return { status, stdout, stderr }
}
const files = async (directory: string) => {
  const read = async (name: string) => readFile(join(directory, name), 'utf8')
  return { authority: await read('ca.crt'), certificate: await read('tls.crt'), key: await read('tls.key') }
}
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

await t.test('issues into a new directory and prints the caBundle alone on stdout', async (t) => {
  const directory = newDirectory()
  const { status, stdout, stderr } = await run({ directory, dns: ['localhost', '127.0.0.1', inCluster], days: 30 })
  t.equal(status, 0)
  const pair = await files(directory)
  t.equal(Buffer.from(stdout, 'base64').toString(), pair.authority)
  t.match(stdout, /^[A-Za-z0-9+/=]+\n$/)
  const names = [inCluster, `${inCluster}.cluster.local`, 'localhost', '127.0.0.1']
  t.match(inspectPair(pair, names, start), { state: 'ok' })
  const until = new Date(start.getTime() + 30 * 86_400_000).toISOString().slice(0, 10)
  t.match(stderr, `for ${names.join(', ')}, until ${until}`)
  t.match(stderr, `new authority: ${join(directory, 'ca.crt')}`)
  t.notMatch(stdout + stderr, 'PRIVATE')
  t.same((await readdir(directory)).sort(), ['ca.crt', 'ca.key', 'tls.crt', 'tls.key'])
  t.equal(await modeOf(directory), '700')
  t.same(await Promise.all(['ca.key', 'tls.key'].map(async (name) => modeOf(join(directory, name)))), ['600', '600'])
})

await t.test('renews with the same authority, and with a new one when forced', async (t) => {
  const directory = newDirectory()
  const first = await run({ directory })
  const before = await files(directory)
  const second = await run({ directory })
  const after = await files(directory)
  t.equal(second.stdout, first.stdout)
  t.match(second.stderr, 'authority kept')
  t.not(after.key, before.key)
  t.match(inspectPair(after, [inCluster], start), { state: 'ok' })
  const forced = await run({ directory, force: true })
  t.not(forced.stdout, first.stdout)
  t.match(inspectPair(await files(directory), [inCluster], start), { state: 'ok' })
})

await t.test('an authority that cannot go on signing is replaced only when forced', async (t) => {
  const directory = newDirectory()
  await run({ directory })
  const late = new Date(start.getTime() + 8 * 365 * 86_400_000)
  const ageing = await run({ directory }, late)
  t.equal(ageing.status, 2)
  t.match(ageing.stderr, /^error: the authority in .* cannot go on signing.*--force/)
  t.equal((await run({ directory, force: true }, late)).status, 0)
  await rm(join(directory, 'ca.key'))
  const kept = await readFile(join(directory, 'ca.crt'), 'utf8')
  t.equal((await run({ directory }, late)).status, 2)
  await writeFile(join(directory, 'ca.key'), issueAuthority({ commonName: 'x', now: start }).key)
  t.equal((await run({ directory }, late)).status, 2)
  t.equal(await readFile(join(directory, 'ca.crt'), 'utf8'), kept, 'nothing was touched')
})

await t.test('wrong arguments are named, and nothing is written', async (t) => {
  const cases = [
    [{ service: 'Pull_Gate' }, /--service "Pull_Gate" is not a name/],
    [{ namespace: '../x' }, /--namespace "..\/x" is not a name/],
    [{ dns: ['a b'] }, /--dns "a b" is neither a DNS name nor an IP address/],
    [{ days: 0 }, /--days 0 is not a whole number from 1 to 3650/],
    [{ days: Number.NaN }, /--days NaN/],
    [{ days: 1.5 }, /--days 1.5/],
  ] as const
  const directory = newDirectory()
  for (const [args, message] of cases) {
    const { status, stdout, stderr } = await run({ directory, ...args })
    t.same({ status, stdout }, { status: 2, stdout: '' })
    t.match(stderr, message)
  }
  await t.rejects(stat(directory), { code: 'ENOENT' })
})

await t.test('places that cannot be written to', async (t) => {
  const file = join(root, 'a-file')
  await writeFile(file, '')
  const onFile = await run({ directory: file })
  t.same(onFile.status, 2)
  t.match(onFile.stderr, `error: --out ${file} is a file, not a directory\n`)
  t.match((await run({ directory: join(file, 'below') })).stderr, /is a file, not a directory/)

  const blocked = newDirectory()
  await mkdir(join(blocked, 'tls.key'), { recursive: true })
  const { status, stderr } = await run({ directory: blocked })
  t.equal(status, 2)
  t.match(stderr, /cannot write .*tls\.key \((EISDIR|ENOTEMPTY|EEXIST)\)/)
  t.same(
    (await readdir(blocked)).filter((name) => name.startsWith('.')),
    [],
    'no temporary file is left',
  )
  const unreadable = newDirectory()
  await mkdir(join(unreadable, 'ca.crt'), { recursive: true })
  t.match((await run({ directory: unreadable })).stderr, /cannot read .*ca\.crt \(EISDIR\)/)
})

await t.test('a directory that cannot be written', async (t) => {
  // Root may write anywhere but where the kernel says no.
  if (process.getuid?.() === 0) {
    t.match(await run({ directory: '/sys/pullgate-certs' }), {
      status: 2,
      stderr: /cannot make the directory .* \(E[A-Z]+\)/,
    })
    return
  }
  const directory = newDirectory()
  await mkdir(directory, { recursive: true })
  await chmod(directory, 0o500)
  t.match(await run({ directory }), { status: 2, stderr: /cannot write .* \(EACCES\)/ })
  await chmod(directory, 0o700)
})
