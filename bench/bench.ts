/**
 * `npm run bench`: what a review costs, warm and cold, beside the floor server in the same run. The two take turns, and
 * medians and ratios are what to quote: the machine's speed drifts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startApiServer } from '../test/support/api-server.ts'
import { type ScriptedRegistry, startScriptedRegistry } from '../test/support/scripted-registry.ts'
import { type StandalonePullgate, startStandalonePullgate } from '../test/support/standalone-pullgate.ts'
import { type Measured, measure, median } from './load.ts'
import { reviewBodies } from './reviews.ts'

const rounds = 5
const connections = 16
const warmRequests = 6000
const coldRequests = 300

const config = `apiVersion: pullgate.dev/v1alpha1
kind: PullgateConfiguration
registries:
  addresses: {allow: [127.0.0.0/8]}
cache: {tag: 10m}
`

const startFloor = async ({
  certificateFile,
  keyFile,
}: StandalonePullgate): Promise<{ url: string; stop: () => void }> => {
  const program = fileURLToPath(new URL('floor-server.ts', import.meta.url))
  const floor = spawn(process.execPath, ['--import', 'tsx', program, certificateFile, keyFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(floor.stdout, 'data')) as [Buffer]
  return { url: `https://127.0.0.1:${port.toString().trim()}`, stop: () => floor.kill() }
}

const residentMegabytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const summary = (measured: readonly Measured[]): Measured => ({
  perSecond: median(measured.map(({ perSecond }) => perSecond)),
  p50: median(measured.map(({ p50 }) => p50)),
  p99: median(measured.map(({ p99 }) => p99)),
})

const row = (name: string, { perSecond, p50, p99 }: Measured): string =>
  `${name.padEnd(44)}${perSecond.toFixed(0).padStart(9)}${p50.toFixed(2).padStart(10)}${p99.toFixed(2).padStart(10)}`

const enforce = '/validate/enforce?timeout=10s'

const warmAgainstFloor = async (pullgate: StandalonePullgate, image: string): Promise<void> => {
  const floor = await startFloor(pullgate)
  const body = reviewBodies(() => image)
  const load = { requests: warmRequests, connections, body }
  const ofFloor: Measured[] = []
  const ofPullgate: Measured[] = []
  try {
    // The first round of each pays for the just-in-time compiler and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      const floorMeasured = await measure(floor.url, enforce, load)
      const pullgateMeasured = await measure(pullgate.url, enforce, load)
      if (round === 0) continue
      ofFloor.push(floorMeasured)
      ofPullgate.push(pullgateMeasured)
    }
  } finally {
    floor.stop()
  }
  const ratios = ofPullgate.map(({ perSecond }, round) => perSecond / (ofFloor[round]?.perSecond ?? Number.NaN))
  console.log(row('floor: bare node:https, parses and answers', summary(ofFloor)))
  console.log(row('pullgate, warm: four remembered images', summary(ofPullgate)))
  console.log(
    `warm / floor, median of ${rounds} rounds: ${median(ratios).toFixed(2)} (body ${(body(0).length / 1000).toFixed(1)} kB, ${connections} connections)`,
  )
}

const cold = async (
  pullgate: StandalonePullgate,
  registry: ScriptedRegistry,
  imageFor: (n: number) => string,
): Promise<void> => {
  const before = registry.requests.length
  const measured = await measure(pullgate.url, enforce, {
    requests: coldRequests,
    connections: 1,
    body: reviewBodies(imageFor),
  })
  const perVerdict = (registry.requests.length - before) / coldRequests
  console.log(row('pullgate, cold: a tag nobody asked for yet', measured))
  console.log(`registry requests for a cold verdict: ${perVerdict.toFixed(2)}`)
  if (registry.unexpected.length > 0)
    throw new Error(`the registry was asked something odd: ${registry.unexpected.join(', ')}`)
}

const run = async (): Promise<void> => {
  const tags = Object.fromEntries(Array.from({ length: coldRequests + 1 }, (_, n) => [`v${n}`, {}]))
  const registry = await startScriptedRegistry({ repositories: { 'bench/app': tags } })
  const api = await startApiServer()
  api.put('/api/v1/namespaces/default/serviceaccounts/default', { apiVersion: 'v1', kind: 'ServiceAccount' })
  const pullgate = await startStandalonePullgate({ config, kubeconfig: api.kubeconfig, flags: ['--log-level', 'warn'] })
  try {
    const image = (n: number): string => `${registry.host}/bench/app:v${n}`
    console.log(
      `Node ${process.version}; start to ready ${pullgate.startMilliseconds.toFixed(0)} ms, resident ${residentMegabytes(pullgate.pid).toFixed(0)} MB idle\n`,
    )
    console.log(`${''.padEnd(44)}${'reviews/s'.padStart(9)}${'p50 ms'.padStart(10)}${'p99 ms'.padStart(10)}`)
    await warmAgainstFloor(pullgate, image(0))
    await cold(pullgate, registry, (n) => image(n + 1))
    console.log(
      `resident after ${(rounds + 1) * warmRequests + coldRequests} reviews: ${residentMegabytes(pullgate.pid).toFixed(0)} MB`,
    )
  } finally {
    await pullgate.stop()
    await api.close()
    await registry.close()
  }
}

await run()
