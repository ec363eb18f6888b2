import { readFileSync, truncateSync } from 'node:fs'
import { chmod, mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Binaries, findBinaries } from './binaries.ts'

// In place of Go: writes down what it was asked for, and makes what it was asked to make.
const obedientGo = `#!/bin/sh
for argument; do [ "$previous" = -o ] && output=$argument; previous=$argument; done
echo "$argument" >> "$BUILD_DIARY"
printf '#!/bin/sh\\n' > "$output" && chmod +x "$output"
`
const failingGo = `#!/bin/sh
echo k8s.io/api/core/v1 >&2
echo 'go: downloading example.com/a v1.0.0' >&2
echo 'main.go:3:1: no such thing' >&2
exit 1
`

async function prepare(t: Test, go?: string) {
  const home = t.testdir({ bin: {}, cache: {} })
  const diary = join(home, 'diary')
  await writeFile(diary, '')
  if (go !== undefined) {
    await writeFile(join(home, 'bin/go'), go)
    await chmod(join(home, 'bin/go'), 0o755)
  }
  const before = { ...process.env }
  t.teardown(() => {
    process.env = before
  })
  const path = go === undefined ? join(home, 'bin') : `${join(home, 'bin')}:${process.env['PATH'] ?? ''}`
  process.env = { ...before, PATH: path, XDG_CACHE_HOME: join(home, 'cache'), BUILD_DIARY: diary }
  delete process.env['KUBEBUILDER_ASSETS']
  const built = () => readFileSync(diary, 'utf8').trim().split('\n').length
  return { home, built }
}

function expectFound(found: Binaries | { unavailable: string }): Binaries {
  if ('unavailable' in found) throw new Error(found.unavailable)
  return found
}

void t.test('two that need the programs at once build each of them once', async (t) => {
  const { built } = await prepare(t, obedientGo)
  const said: string[] = []
  const report = (line: string) => said.push(line)
  const [one, two] = (await Promise.all([findBinaries(report), findBinaries(report)])).map(expectFound)
  t.strictSame(one, two)
  t.match(one, { kubeApiserver: /\/kube-apiserver$/, etcd: /\/etcd$/ })
  t.equal(built(), 5)
  t.match(said.join('\n'), 'waiting for another process')
  await findBinaries()
  t.equal(built(), 5, 'kept')
})

void t.test('a cut binary is built again', async (t) => {
  const { built } = await prepare(t, obedientGo)
  const { etcd } = expectFound(await findBinaries())
  truncateSync(etcd, 3)
  await findBinaries()
  t.equal(built(), 6)
  t.equal(readFileSync(etcd).length, 10)
})

void t.test('a lock whose holder died is taken over', async (t) => {
  const { built } = await prepare(t, obedientGo)
  const { etcd } = expectFound(await findBinaries())
  const cache = join(etcd, '..')
  truncateSync(etcd, 0)
  await writeFile(join(cache, 'building'), '')
  await utimes(join(cache, 'building'), new Date(0), new Date(0))
  await findBinaries()
  t.equal(built(), 6)
  t.notOk((await readdir(cache)).includes('building'))
})

void t.test('KUBEBUILDER_ASSETS comes first, and only the rest is built', async (t) => {
  const { home, built } = await prepare(t, obedientGo)
  await mkdir(join(home, 'assets'))
  for (const file of ['kube-apiserver', 'etcd', 'kubectl'])
    await writeFile(join(home, 'assets', file), '', { mode: 0o755 })
  process.env['KUBEBUILDER_ASSETS'] = join(home, 'assets')
  const found = expectFound(await findBinaries())
  t.equal(found.kubectl, join(home, 'assets/kubectl'))
  t.match(found.registry, join(home, 'cache'))
  t.equal(built(), 2)
})

void t.test('a failed build says why in one line, and leaves nothing', async (t) => {
  const { home } = await prepare(t, failingGo)
  const found = await findBinaries()
  t.match(found, { unavailable: /install Go.*go ended with status 1: main.go:3:1: no such thing$/ })
  const [fingerprint = ''] = await readdir(join(home, 'cache/pullgate/control-plane'))
  t.strictSame(await readdir(join(home, 'cache/pullgate/control-plane', fingerprint)), [])
})

void t.test('without Go it says how to get the programs', async (t) => {
  await prepare(t)
  t.match(await findBinaries(), { unavailable: /^no real control plane: install Go .*spawn go ENOENT$/ })
})
