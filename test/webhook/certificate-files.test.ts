import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readPair, watchCertificate } from '../../src/webhook/certificate-files.ts'
import { type CertificatePair, checkPair } from '../../src/webhook/serving-certificate.ts'
import { recordingLog } from './app-under-test.ts'
import { servingPair } from './certificates.ts'

/** As the kubelet mounts a Secret: files are links through `..data`, which one rename exchanges. */
const mountedSecret = async (directory: string) => {
  let version = 0
  const mount = async (pair: CertificatePair): Promise<void> => {
    version += 1
    const name = `..version-${version}`
    await mkdir(join(directory, name))
    await writeFile(join(directory, name, 'tls.crt'), pair.certificate)
    await writeFile(join(directory, name, 'tls.key'), pair.key)
    await symlink(name, join(directory, '..data_tmp'))
    await rename(join(directory, '..data_tmp'), join(directory, '..data'))
  }
  await symlink('..data/tls.crt', join(directory, 'tls.crt'))
  await symlink('..data/tls.key', join(directory, 'tls.key'))
  return { mount, files: { certificateFile: join(directory, 'tls.crt'), keyFile: join(directory, 'tls.key') } }
}

const setUp = async (t: Test, pollMilliseconds: number) => {
  const { mount, files } = await mountedSecret(t.testdir())
  const first = servingPair()
  await mount(first)
  const { lines, log } = recordingLog()
  let used: (pair: CertificatePair) => void = () => undefined
  const watch = watchCertificate({
    files,
    current: await readPair(files),
    use: (pair) => {
      checkPair(pair)
      used(pair)
    },
    log,
    pollMilliseconds,
  })
  t.teardown(watch.stop)
  return { mount, files, lines, watch, nextUse: () => new Promise<CertificatePair>((resolve) => (used = resolve)) }
}

const never = 2 ** 31 - 1

await t.test('an exchanged mount is noticed by watching', async (t) => {
  const { mount, nextUse, lines } = await setUp(t, never)
  for (const pair of [servingPair(), servingPair()]) {
    const use = nextUse()
    await mount(pair)
    t.strictSame(await use, pair)
  }
  t.ok(lines.every(({ level }) => level === 'info'))
})

await t.test('and by looking from time to time, where watching does not help', async (t) => {
  const { mount, nextUse, watch } = await setUp(t, 20)
  const use = nextUse()
  const pair = servingPair()
  await mount(pair)
  t.strictSame(await use, pair)
  await watch.look()
})

await t.test(
  'files that belong not together or cannot be read are refused, said once, and the old pair stays',
  async (t) => {
    const { mount, files, lines, watch, nextUse } = await setUp(t, never)
    let uses = 0
    void nextUse().then(() => (uses += 1))
    await mount({ certificate: servingPair().certificate, key: servingPair().key })
    await watch.look()
    await watch.look()
    t.match(lines, [{ level: 'error', message: /refused, the old one stays/, fields: { why: /does not belong/ } }])
    t.notMatch(JSON.stringify(lines), /BEGIN/)
    await rm(files.keyFile)
    await watch.look()
    await watch.look()
    t.match(lines.slice(1), [{ level: 'error', fields: { why: /ENOENT/ } }])
    t.equal(uses, 0)
  },
)

await t.test('a good pair after a bad one is taken', async (t) => {
  const { mount, watch, nextUse } = await setUp(t, never)
  await mount({ certificate: 'half', key: 'half' })
  await watch.look()
  const use = nextUse()
  const pair = servingPair()
  await mount(pair)
  await watch.look()
  t.strictSame(await use, pair)
})

await t.test('a directory that is not there is looked for', async (t) => {
  const { log } = recordingLog()
  const missing = join(t.testdir(), 'missing')
  const files = { certificateFile: join(missing, 'tls.crt'), keyFile: join(missing, 'tls.key') }
  const pair = servingPair()
  const taken: CertificatePair[] = []
  const watch = watchCertificate({
    files,
    current: servingPair(),
    use: (found) => taken.push(found),
    log,
    pollMilliseconds: never,
  })
  t.teardown(watch.stop)
  await watch.look()
  await mkdir(missing)
  await writeFile(files.certificateFile, pair.certificate)
  await writeFile(files.keyFile, pair.key)
  await watch.look()
  t.strictSame(taken, [pair])
})
